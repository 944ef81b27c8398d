"""The audit trail."""

from typing import Annotated

from fastapi import Query

from backend.api.deps import may
from backend.api.injection import Injected
from backend.api.routes import CheckedRoute, ResourceRouter
from backend.core.permissions import Permission, Principal
from backend.models.platform.audit_events import Event, EventPublic, EventQuery
from backend.models.platform.paging import Page
from backend.services.operations.audit_events import AuditService

router = ResourceRouter(
    prefix="/audit",
    tags=["audit"],
    route_class=CheckedRoute,
)

MayRead = Annotated[Principal, may(Permission.AUDIT_READ)]


@router.get("", response_model=Page[EventPublic])
async def list_events(
    query: Annotated[EventQuery, Query()], by: MayRead, audit: Injected[AuditService]
) -> Page[Event]:
    """The audit trail: every change of every resource, and security events."""
    return await audit.page(query, by)
