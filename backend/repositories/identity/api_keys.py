from typing import Protocol
from uuid import UUID

from backend.models.identity.api_keys import ApiKey, ApiKeyQuery
from backend.models.platform.paging import Page
from backend.repositories.identity.sessions import Identity
from backend.repositories.platform.base import ListedRepository


class ApiKeyRepository(ListedRepository[ApiKey, ApiKeyQuery], Protocol):
    """Pages show keys that were not revoked, `page` those of all users."""

    async def identity(self, key_id: UUID) -> Identity | None:
        """Return the user of a key and its scope in one query; None if either is not active."""
        ...

    async def identity_by_hash(self, token_hash: str) -> Identity | None:
        """Like `identity`, by the hash of the key."""
        ...

    async def touch(self, key_id: UUID, seconds: int) -> None:
        """Record that a key is used, unless that was recorded this many seconds ago or less."""
        ...

    async def page_of(self, user_id: UUID, query: ApiKeyQuery) -> Page[ApiKey]:
        """Return the keys of a user."""
        ...

    async def page_of_service(self, query: ApiKeyQuery) -> Page[ApiKey]:
        """Return the keys of services."""
        ...

    async def revoke(self, key_id: UUID) -> bool:
        """Revoke a key. Of concurrent callers, one gets True."""
        ...

    async def revoke_all(self, user_id: UUID) -> list[UUID]:
        """Revoke all keys of a user; returns the ids of those that were not revoked before."""
        ...
