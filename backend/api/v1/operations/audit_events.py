from typing import Annotated

from fastapi import APIRouter, Query

from backend.api.deps import AuditServiceDep, may
from backend.api.routes import CheckedRoute
from backend.core.permissions import Permission
from backend.models.platform.audit_events import Event, EventPublic, EventQuery
from backend.models.platform.paging import Page

router = APIRouter(
    prefix="/audit",
    tags=["audit"],
    route_class=CheckedRoute,
    dependencies=[may(Permission.AUDIT_READ)],
)


@router.get("", response_model=Page[EventPublic])
async def list_events(query: Annotated[EventQuery, Query()], audit: AuditServiceDep) -> Page[Event]:
    """All that was done: every change of every resource, and what concerns security."""
    return await audit.page(query)
