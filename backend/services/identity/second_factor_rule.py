"""Who must have a second factor."""

from dataclasses import dataclass

from backend.core.permissions import Role
from backend.models.identity.users import User


@dataclass(frozen=True)
class SecondFactorRule:
    """The roles that must have a second factor (REQUIRE_SECOND_FACTOR)."""

    roles: frozenset[Role] = frozenset()

    def is_unmet(self, role: Role, *, has_factor: bool) -> bool:
        return role in self.roles and not has_factor

    def is_unmet_by(self, user: User) -> bool:
        return self.is_unmet(user.role, has_factor=user.second_factor_at is not None)


NO_RULE = SecondFactorRule()
