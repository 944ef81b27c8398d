"""Who must have a second factor."""

from dataclasses import dataclass

from backend.core.errors import ConflictError, PermissionDeniedError
from backend.core.permissions import Role
from backend.models.identity.users import User


@dataclass(frozen=True)
class SecondFactorRule:
    """The roles that must have a second factor (REQUIRE_SECOND_FACTOR)."""

    roles: frozenset[Role] = frozenset()

    def is_unmet(self, role: Role, *, has_factor: bool) -> bool:
        return role in self.roles and not has_factor

    def is_unmet_by(self, user: User, *, with_passkey: bool = False) -> bool:
        """`with_passkey`: they have signed in with one."""
        has_factor = with_passkey or user.second_factor_at is not None
        return self.is_unmet(user.role, has_factor=has_factor)

    def require_met(self, role: Role, *, has_factor: bool) -> None:
        """Raises PermissionDeniedError if somebody without one is to act with the role."""
        if self.is_unmet(role, has_factor=has_factor):
            raise PermissionDeniedError(
                f"The role {role} must have a second factor: set one up first."
            )

    def require_left(self, user: User, *, has_factor: bool) -> None:
        """Raises ConflictError if what is left to the user does not meet the rule."""
        if self.is_unmet(user.role, has_factor=has_factor):
            raise ConflictError(f"The role {user.role} must have a second factor.")


NO_RULE = SecondFactorRule()
