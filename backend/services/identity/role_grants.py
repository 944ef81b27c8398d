"""Who may give roles in accounts and invitations, by their current rights."""

from backend.core.errors import PermissionDeniedError
from backend.core.permissions import Principal, Role
from backend.models.identity.users import User
from backend.repositories.identity.unit import IdentityUnit


async def lock_giver(uow: IdentityUnit, by: Principal, *roles: Role) -> User:
    """Lock a person who gives or takes roles, so that their own role stays until the unit ends.

    Raises:
        PermissionDeniedError: they were deactivated, or may no longer do so.
    """
    giver = await uow.users.get(by.user_id, for_update=True)
    check_giver(giver, *roles)
    return giver


def check_giver(giver: User, *roles: Role) -> None:
    """Raises PermissionDeniedError as `lock_giver` does."""
    for role in roles:
        if not giver.may_give(role):
            raise PermissionDeniedError(
                f"Your account may not, or may no longer, give or take the role {role}."
            )
