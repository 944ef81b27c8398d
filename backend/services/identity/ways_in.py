"""The ways into an account."""

from uuid import UUID

from backend.core.permissions import SubjectKind
from backend.models.identity.account_tokens import TokenPurpose
from backend.models.identity.users import User
from backend.repositories.identity.unit import IdentityUnit
from backend.services.identity.api_keys import end_keys
from backend.services.identity.sessions import end_sessions
from backend.services.platform.change_events import deleted


async def end_ways_in(uow: IdentityUnit, user: User, *, keep: UUID | None = None) -> None:
    """End sessions, API keys, links and all identities but one. Lock the user first."""
    await end_sessions(uow, user.id, None)
    await end_keys(uow, user.id, None)
    await uow.account_tokens.take_back_of_user(TokenPurpose.RESET_PASSWORD, user.id)
    for identity in await uow.linked_identities.remove_of(user.id, keep=keep):
        uow.record(deleted(SubjectKind.IDENTITY, identity, None))
