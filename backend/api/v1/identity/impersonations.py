"""Admins who are signed in as somebody else: who, as whom, and why."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, status

from backend.api.deps import may
from backend.api.injection import Injected
from backend.api.routes import CheckedRoute, ResourceRouter
from backend.core.permissions import Permission, Principal
from backend.models.identity.impersonation import ImpersonationPublic, ImpersonationQuery
from backend.models.identity.sessions import UserSession
from backend.models.platform.paging import Page
from backend.services.identity.impersonations import ImpersonationService

router = ResourceRouter(prefix="/impersonations", tags=["users"], route_class=CheckedRoute)

ImpersonationId = Annotated[UUID, Path(examples=["01976d5e-8f60-7c3a-9b52-5d1f0a6c7e02"])]


@router.get("", response_model=Page[ImpersonationPublic])
async def list_impersonations(
    query: Annotated[ImpersonationQuery, Query()],
    by: Annotated[Principal, may(Permission.USERS_READ)],
    impersonations: Injected[ImpersonationService],
) -> Page[UserSession]:
    """Those that have not ended, whoever began them."""
    return await impersonations.page(query, by)


@router.delete("/{impersonation_id}", status_code=status.HTTP_204_NO_CONTENT)
async def revoke_impersonation(
    impersonation_id: ImpersonationId,
    by: Annotated[Principal, may(Permission.USERS_WRITE)],
    impersonations: Injected[ImpersonationService],
) -> None:
    """End one before its time, effective from the next request."""
    await impersonations.end(impersonation_id, by)
