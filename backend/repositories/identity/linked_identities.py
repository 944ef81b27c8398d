from typing import Protocol
from uuid import UUID

from backend.core.config import ProviderName
from backend.models.identity.linked_identities import LinkedIdentity, LinkedIdentityQuery
from backend.models.platform.paging import Page
from backend.repositories.platform.base import ListedRepository


class LinkedIdentityRepository(ListedRepository[LinkedIdentity, LinkedIdentityQuery], Protocol):
    async def lock_and_find(self, provider: ProviderName, subject: str) -> LinkedIdentity | None:
        """Return the identity if it is linked, locked until the unit ends whether it is or not."""
        ...

    async def page_of(self, user_id: UUID, query: LinkedIdentityQuery) -> Page[LinkedIdentity]:
        """Return the identities of a user."""
        ...

    async def count_of(self, user_id: UUID) -> int:
        """Return how many identities a user has."""
        ...

    async def remove_of(self, user_id: UUID, *, keep: UUID | None = None) -> list[LinkedIdentity]:
        """Delete all identities of a user but one; returns them. Lock the user first."""
        ...
