"""Who may give roles to people, in accounts and in invitations: with the rights of now."""

from backend.core.errors import PermissionDeniedError
from backend.core.permissions import Principal, Role
from backend.models.identity.users import User
from backend.repositories.identity.unit import IdentityUnit


async def lock_giver(uow: IdentityUnit, by: Principal, *roles: Role) -> User:
    """Somebody who gives or takes the roles, whose own stays as it is until the unit ends.

    Raises:
        PermissionDeniedError: they were deactivated, or may not do so any more.
    """
    giver = await uow.users.get(by.user_id, for_update=True)
    check_giver(giver, *roles)
    return giver


def check_giver(giver: User, *roles: Role) -> None:
    """Raises PermissionDeniedError as `lock_giver` does."""
    for role in roles:
        if not giver.may_give(role):
            raise PermissionDeniedError(
                f"Your account may not give or take the role {role}, or not any more."
            )
