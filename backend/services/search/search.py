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
"""Files are missing here: everybody may search their own."""


class SearchService:
    def __init__(self, uow: SearchUnits) -> None:
        self._uow = uow

    async def find(self, query: SearchQuery, by: Principal) -> SearchResult:
        """Return the hits that the caller may see, grouped by kind."""
        kinds = [
            kind
            for kind in SearchKind
            if kind in (query.kind or SearchKind) and (kind not in _NEEDED or by.may(_NEEDED[kind]))
        ]
        async with self._uow.reading(by) as uow:
            groups = await uow.search.find(query.q, kinds, query.limit, by)
        return SearchResult(groups=groups)
