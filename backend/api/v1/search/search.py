"""Search everything that you may see."""

from typing import Annotated

from fastapi import Query

from backend.api.deps import CallerDep
from backend.api.injection import Injected
from backend.api.routes import CheckedRoute, ResourceRouter
from backend.models.search.search import SearchQuery, SearchResult
from backend.services.search.search import SearchService

router = ResourceRouter(prefix="/search", tags=["search"], route_class=CheckedRoute)


@router.get("")
async def search(
    query: Annotated[SearchQuery, Query()], by: CallerDep, found: Injected[SearchService]
) -> SearchResult:
    """Search everything that you may see, grouped by kind, the best matches first."""
    return await found.find(query, by)
