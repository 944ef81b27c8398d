"""The ways into an account."""

from uuid import UUID

from backend.core.errors import ConflictError
from backend.core.permissions import SubjectKind
from backend.models.identity.account_tokens import TokenPurpose
from backend.models.identity.users import User
from backend.models.platform.domain_events import DomainEvent
from backend.repositories.identity.unit import IdentityUnit
from backend.services.identity.api_keys import end_keys
from backend.services.identity.sessions import end_sessions
from backend.services.platform.change_events import deleted

_LAST = (
    "You could not sign in any more: set a password first, with the link of "
    "`POST /auth/password-reset`."
)


async def require_another_way_in(uow: IdentityUnit, user: User) -> None:
    """Raises ConflictError if there is but one, which is to be removed. Lock the user first."""
    identities = await uow.linked_identities.count_of(user.id)
    passkeys = len(await uow.passkeys.credentials_of(user.id))
    if user.has_password + identities + passkeys == 1:
        raise ConflictError(_LAST)


async def end_ways_in(
    uow: IdentityUnit, user: User, *, keep: UUID | None = None
) -> list[DomainEvent]:
    """End sessions, API keys, links, passkeys and all identities but one. Lock the user first.

    Returns an event for each passkey.
    """
    await end_sessions(uow, user.id, None)
    await end_keys(uow, user.id, None)
    await uow.account_tokens.take_back_of_user(TokenPurpose.RESET_PASSWORD, user.id)
    for identity in await uow.linked_identities.remove_of(user.id, keep=keep):
        uow.record(deleted(SubjectKind.IDENTITY, identity, None))
    return await remove_passkeys(uow, user)


async def remove_passkeys(uow: IdentityUnit, user: User) -> list[DomainEvent]:
    """Remove all passkeys. Returns an event for each. Lock the user first."""
    events: list[DomainEvent] = [
        deleted(SubjectKind.PASSKEY, passkey, None)
        for passkey in await uow.passkeys.remove_of(user.id)
    ]
    for event in events:
        uow.record(event)
    return events
