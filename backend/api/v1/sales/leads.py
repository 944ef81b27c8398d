"""Prospective customers."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Response, status

from backend.api.csv_export import CSV_RESPONSES, WantsCsv, csv_response
from backend.api.deps import may
from backend.api.etags import CachedTagDep, MatchDep, TagDep
from backend.api.idempotency import IdempotencyKeyDep, IdempotentRoute, KeptAnswer
from backend.api.injection import Injected
from backend.api.problems import CONFLICT, declare
from backend.api.routes import ResourceRouter
from backend.core.permissions import Permission, Principal
from backend.models.platform.paging import Page
from backend.models.sales.customers import Customer, CustomerPublic
from backend.models.sales.leads import Lead, LeadCreate, LeadPublic, LeadQuery, LeadUpdate
from backend.services.identity.rights import PresentRights
from backend.services.platform.all_pages import all_pages
from backend.services.sales.leads import LeadService

router = ResourceRouter(prefix="/leads", tags=["leads"], route_class=IdempotentRoute)

LeadId = Annotated[UUID, Path(examples=["01976d5e-8f60-7c3a-9b52-5d1f0a6c7e06"])]
MayRead = Annotated[Principal, may(Permission.LEADS_READ)]
MayDelete = Annotated[Principal, may(Permission.LEADS_DELETE)]
MayWrite = Annotated[Principal, may(Permission.LEADS_WRITE)]


@router.get("", response_model=Page[LeadPublic], responses=CSV_RESPONSES)
async def list_leads(
    query: Annotated[LeadQuery, Query()],
    by: MayRead,
    leads: Injected[LeadService],
    rights: Injected[PresentRights],
    as_csv: WantsCsv,
) -> Page[Lead] | Response:
    """The team's leads."""
    if as_csv:
        pages = all_pages(leads.page, query, rights.as_of_now(by, Permission.LEADS_READ))
        return await csv_response(pages, LeadPublic, "leads")
    return await leads.page(query, by)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=LeadPublic,
    responses=declare(CONFLICT),
)
async def create_lead(
    data: LeadCreate,
    by: MayWrite,
    leads: Injected[LeadService],
    tag: TagDep,
    key: IdempotencyKeyDep,
) -> Lead | KeptAnswer:
    """Add a lead, which is yours unless you name another owner."""
    return tag.created("leads", await leads.create(data, by, key))


@router.get("/{lead_id}", response_model=LeadPublic)
async def read_lead(
    lead_id: LeadId, by: MayRead, leads: Injected[LeadService], tag: CachedTagDep
) -> Lead:
    """One lead."""
    return tag(await leads.read(lead_id, by))


@router.patch("/{lead_id}", response_model=LeadPublic, responses=declare(CONFLICT))
async def update_lead(
    lead_id: LeadId,
    data: LeadUpdate,
    by: MayWrite,
    leads: Injected[LeadService],
    match: MatchDep,
    tag: TagDep,
) -> Lead:
    """Change the fields that you send. The status moves by the allowed transitions."""
    return tag(await leads.update(lead_id, data, by, match))


@router.delete(
    "/{lead_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=declare(CONFLICT),
)
async def delete_lead(
    lead_id: LeadId, by: MayDelete, leads: Injected[LeadService], match: MatchDep
) -> None:
    """Delete a lead for good, unless tasks or files refer to it."""
    await leads.delete(lead_id, by, match)


@router.post(
    "/{lead_id}/convert",
    status_code=status.HTTP_201_CREATED,
    response_model=CustomerPublic,
    responses={
        200: {
            "model": CustomerPublic,
            "description": "It was converted before; this is the customer.",
        },
        **declare(CONFLICT),
    },
)
async def convert_lead(
    lead_id: LeadId,
    by: MayWrite,
    leads: Injected[LeadService],
    match: MatchDep,
    tag: TagDep,
    key: IdempotencyKeyDep,
) -> Customer | KeptAnswer:
    """Convert the lead into a customer, which takes over its open tasks.

    Takes `customers:write` too. However often this is called, and by however many people at a time,
    there is one customer.
    """
    conversion = tag.unless_answered(await leads.convert(lead_id, by, match, key))
    if isinstance(conversion, KeptAnswer):
        return conversion
    answer = tag.created if conversion.is_new else tag.existing
    return answer("customers", conversion.customer)
