"""Who calls with an API key."""

from dataclasses import dataclass
from time import monotonic
from uuid import UUID

from backend.core.api_keys import is_intact
from backend.core.errors import AuthenticationError
from backend.core.permissions import Principal
from backend.core.scopes import SYSTEM
from backend.core.security import token_hash
from backend.repositories.identity.unit import IdentityUnits
from backend.services.identity.rights import PresentRights

_MAX_KNOWN = 10_000
_SECONDS_BETWEEN_TOUCHES = 60


@dataclass(slots=True)
class _KnownKey:
    """What never changes of a key, and when this process last recorded that it is used."""

    user_id: UUID
    key_id: UUID
    touched_at: float


class ApiKeyAccess:
    """Finds out whose key it is once; from then on it costs what an access token does.

    Only hashes stay in memory. Whether a key still is valid, and for what, is looked up each time,
    as it is for sessions: in one query, or in the cache of the process.
    """

    def __init__(self, uow: IdentityUnits, rights: PresentRights) -> None:
        self._uow = uow
        self._rights = rights
        self._known: dict[str, _KnownKey] = {}

    async def identify(self, key: str) -> Principal:
        """Return the caller, with at most one query, and once a minute a statement more.

        Raises:
            AuthenticationError: it is not an API key, was revoked or has expired, or its user is
                deactivated.
        """
        digest = token_hash(key)
        known = self._known.get(digest)
        if known is None:
            return await self._meet(key, digest)
        caller = await self._rights.find(known.user_id, known.key_id, is_key=True)
        if caller is None:
            raise _dead_key()
        if monotonic() - known.touched_at >= _SECONDS_BETWEEN_TOUCHES:
            await self._touch(known)
        return caller

    async def _meet(self, key: str, digest: str) -> Principal:
        if not is_intact(key):
            raise _dead_key()
        async with self._uow.reading(SYSTEM) as uow:
            identity = await uow.api_keys.identity_by_hash(digest)
        if identity is None:
            raise _dead_key()
        caller = identity.principal
        if len(self._known) >= _MAX_KNOWN:
            # The one that was met first; it is looked up again if it is still in use.
            del self._known[next(iter(self._known))]
        known = self._known[digest] = _KnownKey(caller.user_id, caller.session_id, 0)
        await self._touch(known)
        return caller

    async def _touch(self, known: _KnownKey) -> None:
        # First, so that requests at the same moment do not record it, too.
        known.touched_at = monotonic()
        async with self._uow(SYSTEM) as uow:
            await uow.api_keys.touch(known.key_id, _SECONDS_BETWEEN_TOUCHES)
            await uow.commit()


def _dead_key() -> AuthenticationError:
    return AuthenticationError("The API key is invalid, was revoked or has expired.")
