"""Searching everything that the person may see."""

from pydantic import Field

from backend.core.permissions import Permission
from backend.models.platform.base import Input
from backend.models.platform.paging import SearchText
from backend.models.search.search import SearchKind, SearchQuery
from backend.services.assistant.tools.base import AssistantTool, Result, ToolContext


class Search(Input):
    q: SearchText = Field(min_length=1)
    kind: list[SearchKind] = Field(default=[], description="Only these kinds; else all of them.")


async def _search(given: Search, context: ToolContext) -> Result:
    query = SearchQuery.model_validate(given.model_dump())
    found = await context.services.search.find(query, context.by)
    return found.model_dump(mode="json")


TOOLS = (
    AssistantTool(
        "search",
        "Search customers, leads, products, tasks and files at once, where the kind is unclear.",
        Search,
        Permission.ASSISTANT_USE,
        _search,
    ),
)
