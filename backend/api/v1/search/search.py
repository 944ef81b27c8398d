"""Search everything that you may see."""

from typing import Annotated

from fastapi import Query

from backend.api.deps import own_with
from backend.api.injection import Injected
from backend.api.routes import CheckedRoute, ResourceRouter
from backend.core.permissions import Principal
from backend.models.search.search import SearchQuery, SearchResult
from backend.services.search.search import SEARCHING, SearchService

router = ResourceRouter(prefix="/search", tags=["search"], route_class=CheckedRoute)

Searcher = Annotated[Principal, own_with(*SEARCHING)]


@router.get("")
async def search(
    query: Annotated[SearchQuery, Query()], by: Searcher, found: Injected[SearchService]
) -> SearchResult:
    """Search everything that you may see, grouped by kind, the best matches first.

    An API key that is narrowed finds what it may read.
    """
    return await found.find(query, by)
