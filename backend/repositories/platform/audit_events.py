from typing import Protocol
from uuid import UUID

from backend.models.platform.audit_events import Event, EventQuery
from backend.models.platform.paging import Page


class EventRepository(Protocol):
    """What was recorded. Only `UnitOfWork.record` adds to it; the database refuses the rest."""

    async def get(self, row_id: UUID) -> Event:
        """Raises NotFoundError."""
        ...

    async def page(self, query: EventQuery) -> Page[Event]:
        """Raises InvalidCursorError."""
        ...
