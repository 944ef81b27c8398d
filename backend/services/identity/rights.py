"""Current rights of people. Long-running work checks them before each piece."""

from dataclasses import replace
from functools import partial
from uuid import UUID

from backend.core.caching import Cache
from backend.core.errors import AuthenticationError, DomainError, PermissionDeniedError
from backend.core.permissions import NO_SESSION, AsOfNow, Permission, Principal
from backend.core.scopes import FIRST_ORGANISATION, SYSTEM
from backend.repositories.identity.sessions import Identity
from backend.repositories.identity.unit import IdentityUnits


class PresentRights:
    """Uses the cache of the process first, which notices empty; then one statement.

    Background work always sends the statement: notices arrive moments after a change, and one more
    step would be done by then.
    """

    def __init__(self, uow: IdentityUnits, identities: Cache[Identity]) -> None:
        self._uow = uow
        self._identities = identities

    async def find(self, user_id: UUID, session_id: UUID) -> Principal | None:
        """Return the user of a session; None once it has ended or the account is deactivated.

        With `NO_SESSION`, the user, whether signed in or not.
        """
        if session_id == NO_SESSION:
            return await self._active_user(user_id)

        async def load() -> Identity | None:
            async with self._uow.reading(SYSTEM) as uow:
                identity = await uow.sessions.identity(session_id)
            return identity if identity and identity.principal.user_id == user_id else None

        identity = await self._identities.get(user_id, session_id, load)
        return identity.principal if identity else None

    async def is_live(self, by: Principal) -> bool:
        """Whether the caller's session is live and their account active."""
        return await self.find(by.user_id, by.session_id) is not None

    async def of(self, by: Principal) -> Principal:
        """Return the same person with their current role.

        Raises:
            PermissionDeniedError: the account is deactivated.
            AuthenticationError: the session in which they act has ended.
        """
        found = await self.find(by.user_id, by.session_id)
        if found is None:
            raise await self._reason(by)
        return by if found.role is by.role else replace(by, role=found.role)

    async def require(self, by: Principal, needed: Permission) -> Principal:
        """Like `of`, and raises PermissionDeniedError if the role lacks the permission."""
        present = await self.of(by)
        present.require(needed)
        return present

    def as_of_now(self, by: Principal, needed: Permission) -> AsOfNow:
        """Return `require` as a function, to be called before each piece of work."""
        return partial(self.require, by, needed)

    async def _active_user(self, user_id: UUID) -> Principal | None:
        async with self._uow.reading(SYSTEM) as uow:
            user = await uow.users.find(user_id)
        if user is None or not user.is_active:
            return None
        return Principal(user.id, user.role, NO_SESSION, FIRST_ORGANISATION)

    async def _reason(self, by: Principal) -> DomainError:
        if await self._active_user(by.user_id) is None:
            return PermissionDeniedError("The account is deactivated.")
        return AuthenticationError("The session has ended. Sign in again.")
