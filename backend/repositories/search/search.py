from collections.abc import Sequence
from typing import Protocol

from backend.core.permissions import Principal
from backend.models.search.search import SearchGroup, SearchKind


class SearchRepository(Protocol):
    async def find(
        self, q: str, kinds: Sequence[SearchKind], limit: int, by: Principal
    ) -> list[SearchGroup]:
        """Return the best matches of each kind among the newest, in one statement."""
        ...
