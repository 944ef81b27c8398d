"""Callers who begin something in a session that ends with all of theirs."""

from backend.core.errors import AuthenticationError
from backend.core.permissions import Principal
from backend.models.identity.users import User
from backend.repositories.identity.unit import IdentityUnit


async def lock_caller(uow: IdentityUnit, by: Principal) -> User:
    """Return a person who is signed in, locked, so that their session goes on until the unit ends.

    Otherwise what they begin could outlast the end of all their sessions, at the same moment.

    Raises:
        AuthenticationError: it has ended since the request began.
    """
    user = await uow.users.get(by.user_id, for_update=True)
    session = await uow.sessions.find(by.session_id)
    if session is None or not session.is_live:
        raise AuthenticationError("The session has ended. Sign in again.")
    return user
