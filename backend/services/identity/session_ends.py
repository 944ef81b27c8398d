from backend.core.permissions import Principal
from backend.core.scopes import SYSTEM
from backend.models.identity.account_tokens import TokenPurpose
from backend.repositories.identity.unit import IdentityUnits
from backend.services.identity.account_tokens import find_token, lock_owner, use_token
from backend.services.identity.sessions import end_sessions


class SessionEndService:
    """Ends the sessions of somebody who has got a mail about one that is not theirs."""

    def __init__(self, uow: IdentityUnits) -> None:
        self._uow = uow

    async def end_others(self, clear: str, by: Principal | None) -> None:
        """End all sessions of the receiver of the mail but the one in which they act, if any.

        Raises InvalidInputError if the token is invalid.
        """
        async with self._uow(SYSTEM) as uow:
            token = await find_token(uow, TokenPurpose.END_SESSIONS, clear)
            user = await lock_owner(uow, token)
            await use_token(uow, token)
            keep = by.session_id if by is not None and by.user_id == user.id else None
            await end_sessions(uow, user.id, by, keep=keep)
            await uow.commit()
