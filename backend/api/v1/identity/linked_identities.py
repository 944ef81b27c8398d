"""Your accounts with Google and others, with which you sign in here."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, status

from backend.api.deps import ClientDep, PersonDep
from backend.api.injection import Injected
from backend.api.problems import CONFLICT, declare
from backend.api.routes import CheckedRoute, ResourceRouter
from backend.models.identity.linked_identities import (
    IdentityLink,
    LinkedIdentity,
    LinkedIdentityPublic,
    LinkedIdentityQuery,
)
from backend.models.platform.paging import Page
from backend.services.identity.linked_identities import LinkedIdentityService

router = ResourceRouter(prefix="/auth/identities", tags=["auth"], route_class=CheckedRoute)

IdentityId = Annotated[UUID, Path(examples=["01976d5e-8f60-7c3a-9b52-5d1f0a6c7e31"])]


@router.get("", response_model=Page[LinkedIdentityPublic])
async def list_identities(
    query: Annotated[LinkedIdentityQuery, Query()],
    by: PersonDep,
    identities: Injected[LinkedIdentityService],
) -> Page[LinkedIdentity]:
    """With which accounts of others you sign in."""
    return await identities.page(query, by)


@router.post("", response_model=LinkedIdentityPublic, responses=declare(CONFLICT))
async def link_identity(
    data: IdentityLink,
    by: PersonDep,
    client: ClientDep,
    identities: Injected[LinkedIdentityService],
) -> LinkedIdentity:
    """Sign in with it as well, with the code that was handed over. You are told by mail."""
    return await identities.link(data, by, client)


@router.delete(
    "/{identity_id}", status_code=status.HTTP_204_NO_CONTENT, responses=declare(CONFLICT)
)
async def unlink_identity(
    identity_id: IdentityId, by: PersonDep, identities: Injected[LinkedIdentityService]
) -> None:
    """Do not sign in with it any more. Your last way in can't be taken away."""
    await identities.unlink(identity_id, by)
