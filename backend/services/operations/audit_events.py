from uuid import UUID

from backend.core.permissions import Principal
from backend.core.scopes import Scope
from backend.models.platform.audit_events import Event, EventQuery
from backend.models.platform.paging import Page
from backend.repositories.operations.unit import OperationsUnits


class AuditService:
    """The audit trail, which can only be read."""

    def __init__(self, uow: OperationsUnits) -> None:
        self._uow = uow

    async def read(self, event_id: UUID, scope: Scope) -> Event:
        """Raises NotFoundError."""
        async with self._uow.reading(scope) as uow:
            return await uow.events.get(event_id)

    async def page(self, query: EventQuery, by: Principal) -> Page[Event]:
        """Raises InvalidCursorError."""
        async with self._uow.reading(by) as uow:
            return await uow.events.page(query)
