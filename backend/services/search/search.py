"""One search over the kinds that the caller may read."""

from backend.core.permissions import Permission, Principal
from backend.models.search.search import SearchKind, SearchQuery, SearchResult
from backend.repositories.search.unit import SearchUnits

_NEEDED = {
    SearchKind.CUSTOMERS: Permission.CUSTOMERS_READ,
    SearchKind.LEADS: Permission.LEADS_READ,
    SearchKind.PRODUCTS: Permission.PRODUCTS_READ,
    SearchKind.TASKS: Permission.TASKS_READ,
}
_OWN: dict[SearchKind, Permission] = {
    SearchKind.FILES: Permission.FILES_READ,
}
"""Everybody may search their own of these; what keys that are narrowed need for it."""
SEARCHING = (*_NEEDED.values(), *_OWN.values())
"""With one of these a narrowed key finds something."""


class SearchService:
    def __init__(self, uow: SearchUnits) -> None:
        self._uow = uow

    async def find(self, query: SearchQuery, by: Principal) -> SearchResult:
        """Return the hits that the caller may see, grouped by kind."""
        kinds = [
            kind
            for kind in SearchKind
            if kind in (query.kind or SearchKind) and _may_search(kind, by)
        ]
        async with self._uow.reading(by) as uow:
            groups = await uow.search.find(query.q, kinds, query.limit, by)
        return SearchResult(groups=groups)


def _may_search(kind: SearchKind, by: Principal) -> bool:
    own = _OWN.get(kind)
    return by.may(_NEEDED[kind]) if own is None else by.reaches_own(own)
