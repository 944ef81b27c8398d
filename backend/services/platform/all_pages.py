"""All rows of a list, for exports."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

from backend.core.permissions import AsOfNow, Principal
from backend.models.platform.paging import RELEVANCE, Page, PageQuery

Row = TypeVar("Row")
Query = TypeVar("Query", bound=PageQuery)

_ROW_BATCH = 200
"""Small enough that writing them does not delay others for long."""


async def all_pages(
    page: Callable[[Query, Principal], Awaitable[Page[Row]]], query: Query, by: AsOfNow
) -> AsyncIterator[list[Row]]:
    """Yield every matching row, page by page, each page in its own unit.

    Raises what `by` does: without rights, there is no further page.

    So no connection is held while a slow client reads. Sorted by `created_at`, each row is yielded
    once in its state at that time, whatever is added or changed meanwhile.
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
