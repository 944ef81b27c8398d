"""Your organisations."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, status

from backend.api.deps import PersonDep
from backend.api.etags import MatchDep, TagDep
from backend.api.idempotency import IdempotencyKeyDep, IdempotentRoute, KeptAnswer
from backend.api.injection import Injected
from backend.api.problems import CONFLICT, PERMISSION_DENIED, declare
from backend.api.routes import ResourceRouter
from backend.models.identity.organisations import (
    OrganisationCreate,
    OrganisationPublic,
    OrganisationQuery,
    OrganisationUpdate,
)
from backend.models.platform.paging import Page
from backend.services.identity.organisations import OrganisationService

router = ResourceRouter(
    prefix="/organisations", tags=["organisations"], route_class=IdempotentRoute
)

OrganisationId = Annotated[UUID, Path(examples=["01976d5e-8f60-7c3a-9b52-5d1f0a6c7e31"])]


@router.get("", response_model=Page[OrganisationPublic])
async def list_organisations(
    query: Annotated[OrganisationQuery, Query()],
    caller: PersonDep,
    organisations: Injected[OrganisationService],
) -> Page[OrganisationPublic]:
    """The organisations that you belong to, with your role in each."""
    return await organisations.page(query, caller)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=OrganisationPublic,
    responses=declare(CONFLICT),
)
async def create_organisation(
    data: OrganisationCreate,
    caller: PersonDep,
    organisations: Injected[OrganisationService],
    tag: TagDep,
    key: IdempotencyKeyDep,
) -> OrganisationPublic | KeptAnswer:
    """Add an organisation, with you as its admin. Act in it with `POST /auth/organisation`."""
    return tag.created("organisations", await organisations.create(data, caller, key))


@router.get("/{organisation_id}", response_model=OrganisationPublic)
async def read_organisation(
    organisation_id: OrganisationId,
    caller: PersonDep,
    organisations: Injected[OrganisationService],
    tag: TagDep,
) -> OrganisationPublic:
    """One of your organisations."""
    return tag(await organisations.read(organisation_id, caller))


@router.put(
    "/{organisation_id}",
    response_model=OrganisationPublic,
    responses=declare(PERMISSION_DENIED),
)
async def rename_organisation(
    organisation_id: OrganisationId,
    data: OrganisationUpdate,
    caller: PersonDep,
    organisations: Injected[OrganisationService],
    match: MatchDep,
    tag: TagDep,
) -> OrganisationPublic:
    """Rename an organisation of which you are an admin."""
    return tag(await organisations.rename(organisation_id, data, caller, match))


@router.delete(
    "/{organisation_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=declare(CONFLICT, PERMISSION_DENIED),
)
async def delete_organisation(
    organisation_id: OrganisationId,
    caller: PersonDep,
    organisations: Injected[OrganisationService],
    match: MatchDep,
) -> None:
    """Delete an organisation of which you are an admin. Nobody acts in it from then on.

    It can be restored until the grace period is over, and is erased then.
    """
    await organisations.delete(organisation_id, caller, match)


@router.post(
    "/{organisation_id}/restore",
    response_model=OrganisationPublic,
    responses=declare(CONFLICT, PERMISSION_DENIED),
)
async def restore_organisation(
    organisation_id: OrganisationId,
    caller: PersonDep,
    organisations: Injected[OrganisationService],
    match: MatchDep,
    tag: TagDep,
) -> OrganisationPublic:
    """Restore a deleted organisation of which you are an admin, with everybody in it."""
    return tag(await organisations.restore(organisation_id, caller, match))
