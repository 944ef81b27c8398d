from typing import Protocol
from uuid import UUID

from backend.models.platform.audit_events import Event, EventQuery
from backend.models.platform.paging import Page


class EventRepository(Protocol):
    """The audit trail. Only `UnitOfWork.record` adds to it; the database refuses other changes."""

    async def get(self, row_id: UUID) -> Event:
        """Raises NotFoundError."""
        ...

    async def page(self, query: EventQuery) -> Page[Event]:
        """Raises InvalidCursorError."""
        ...
