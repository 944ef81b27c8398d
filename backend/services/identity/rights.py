"""Current rights of people. Long-running work checks them before each piece."""

from dataclasses import replace
from functools import partial
from uuid import UUID

from backend.core.caching import Cache
from backend.core.errors import AuthenticationError, DomainError, PermissionDeniedError
from backend.core.permissions import NO_SESSION, AsOfNow, Means, Permission, Principal
from backend.core.scopes import SYSTEM
from backend.repositories.identity.sessions import Identity
from backend.repositories.identity.unit import IdentityUnits
from backend.services.identity.second_factor_rule import NO_RULE, SecondFactorRule


class PresentRights:
    """Uses the cache of the process first, which notices empty; then one statement.

    Background work always sends the statement: notices arrive moments after a change, and one more
    step would be done by then.
    """

    def __init__(
        self, uow: IdentityUnits, identities: Cache[Identity], rule: SecondFactorRule = NO_RULE
    ) -> None:
        self._uow = uow
        self._identities = identities
        self._rule = rule

    async def find(
        self, user_id: UUID, session_id: UUID, *, is_key: bool = False
    ) -> Principal | None:
        """Return the user of a session, or of an API key with this id.

        None once it has ended, the account is deactivated, or the role of somebody who is signed in
        without a second factor requires one.
        """
        load = partial(self._load, user_id, session_id, is_key=is_key)
        identity = await self._identities.get(user_id, session_id, load)
        if identity is None or (not is_key and self._lacks_factor(identity)):
            return None
        return identity.principal

    async def is_live(self, by: Principal) -> bool:
        """Whether the caller's session or API key is live and their account active."""
        return await self._found(by) is not None

    async def of(self, by: Principal) -> Principal:
        """Return the same person with their current role, and what their API key leaves of it.

        Raises:
            PermissionDeniedError: the account is deactivated.
            AuthenticationError: the session in which they act, or the API key, has ended.
        """
        found = await self._found(by)
        if found is None:
            raise await self._reason(by)
        if found.role is by.role and found.key_rights == by.key_rights:
            return by
        return replace(by, role=found.role, key_rights=found.key_rights)

    async def require(self, by: Principal, needed: Permission) -> Principal:
        """Like `of`, and raises PermissionDeniedError if the role lacks the permission."""
        present = await self.of(by)
        present.require(needed)
        return present

    def as_of_now(self, by: Principal, needed: Permission) -> AsOfNow:
        """Return `require` as a function, to be called before each piece of work."""
        return partial(self.require, by, needed)

    async def _load(self, user_id: UUID, session_id: UUID, *, is_key: bool) -> Identity | None:
        async with self._uow.reading(SYSTEM) as uow:
            repository = uow.api_keys if is_key else uow.sessions
            identity = await repository.identity(session_id)
        return identity if identity and identity.principal.user_id == user_id else None

    def _lacks_factor(self, identity: Identity) -> bool:
        if identity.principal.impersonator_id is not None:
            # The factor of the admin counts, who was held to the rule when they began.
            return False
        role = identity.principal.role
        return self._rule.is_unmet(role, has_factor=identity.has_second_factor)

    async def _found(self, by: Principal) -> Principal | None:
        """With `NO_SESSION`, the user, whether signed in or not."""
        if by.session_id == NO_SESSION:
            return await self._active_user(by)
        if by.means is Means.JOB and by.key_id is not None:
            identity = await self._load(by.user_id, by.key_id, is_key=True)
            return identity and identity.principal
        return await self.find(by.user_id, by.session_id, is_key=by.key_id is not None)

    async def _active_user(self, by: Principal) -> Principal | None:
        async with self._uow.reading(by) as uow:
            user = await uow.users.find(by.user_id)
        if user is None or not user.is_active:
            return None
        return Principal(user.id, user.role, NO_SESSION, by.organisation_id)

    async def _reason(self, by: Principal) -> DomainError:
        if await self._active_user(by) is None:
            return PermissionDeniedError("The account is deactivated.")
        if by.key_rights is not None:
            return AuthenticationError("The API key was revoked or has expired.")
        return AuthenticationError("The session has ended. Sign in again.")
