from collections.abc import Collection
from typing import Protocol
from uuid import UUID

from backend.models.platform.paging import Page
from backend.models.sales.customers import Customer, CustomerCounts, CustomerQuery
from backend.models.sales.timeline import TimelineEntry, TimelineQuery
from backend.repositories.platform.base import ListedRepository
from backend.repositories.platform.bulk import BulkRepository


class CustomerRepository(
    ListedRepository[Customer, CustomerQuery], BulkRepository[Customer], Protocol
):
    async def counts(self, customer_ids: Collection[UUID]) -> dict[UUID, CustomerCounts]:
        """Count what belongs to each of the customers, in one statement."""
        ...

    async def timeline(self, customer_id: UUID, query: TimelineQuery) -> Page[TimelineEntry]:
        """Return one page of the kinds in the query. Raises InvalidCursorError."""
        ...
