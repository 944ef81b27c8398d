"""All rows of a list, for exports."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

from backend.core.permissions import AsOfNow, Principal
from backend.models.platform.paging import RELEVANCE, Page, PageQuery

Row = TypeVar("Row")
Query = TypeVar("Query", bound=PageQuery)

_ROW_BATCH = 200
"""Few enough that others need not wait long while they are written."""


async def all_pages(
    page: Callable[[Query, Principal], Awaitable[Page[Row]]], query: Query, by: AsOfNow
) -> AsyncIterator[list[Row]]:
    """Every row that matches, page by page, each page in a unit of its own.

    Raises what `by` does: whose rights have ended gets no further page.

    So no connection is held while a slow client reads. Whatever rows are added or changed
    meanwhile, each row comes once when sorted by `created_at`, as it is when its turn comes.
    """
    changes: dict[str, object] = {"limit": _ROW_BATCH, "cursor": None, "total": False}
    if query.sort == RELEVANCE:
        # Relevance ranks the newest matches only.
        changes["sort"] = type(query.sort)("-created_at")
    query = query.model_copy(update=changes)
    while True:
        found = await page(query, await by())
        yield found.items
        if found.next_cursor is None:
            return
        query = query.model_copy(update={"cursor": found.next_cursor})
