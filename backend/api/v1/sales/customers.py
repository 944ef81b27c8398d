"""The people and companies that the team works for."""

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
from backend.models.sales.customers import (
    Customer,
    CustomerCreate,
    CustomerListed,
    CustomerPublic,
    CustomerQuery,
    CustomerUpdate,
)
from backend.models.sales.timeline import TimelineEntry, TimelineQuery
from backend.services.identity.rights import PresentRights
from backend.services.platform.all_pages import all_pages
from backend.services.sales.customers import CustomerService

router = ResourceRouter(prefix="/customers", tags=["customers"], route_class=IdempotentRoute)

CustomerId = Annotated[UUID, Path(examples=["01976d5e-8f60-7c3a-9b52-5d1f0a6c7e03"])]
MayRead = Annotated[Principal, may(Permission.CUSTOMERS_READ)]
MayDelete = Annotated[Principal, may(Permission.CUSTOMERS_DELETE)]
MayWrite = Annotated[Principal, may(Permission.CUSTOMERS_WRITE)]


@router.get("", response_model=Page[CustomerListed], responses=CSV_RESPONSES)
async def list_customers(
    query: Annotated[CustomerQuery, Query()],
    by: MayRead,
    customers: Injected[CustomerService],
    rights: Injected[PresentRights],
    as_csv: WantsCsv,
) -> Page[CustomerListed] | Response:
    """The team's customers, with their tasks and files counted."""
    if as_csv:
        pages = all_pages(
            customers.page_with_counts, query, rights.as_of_now(by, Permission.CUSTOMERS_READ)
        )
        return await csv_response(pages, CustomerListed, "customers")
    return await customers.page_with_counts(query, by)


@router.post("", status_code=status.HTTP_201_CREATED, response_model=CustomerPublic)
async def create_customer(
    data: CustomerCreate,
    by: MayWrite,
    customers: Injected[CustomerService],
    tag: TagDep,
    key: IdempotencyKeyDep,
) -> Customer | KeptAnswer:
    """Add a customer, which is yours unless you name another owner."""
    return tag.created("customers", await customers.create(data, by, key))


@router.get("/{customer_id}", response_model=CustomerPublic)
async def read_customer(
    customer_id: CustomerId, by: MayRead, customers: Injected[CustomerService], tag: CachedTagDep
) -> Customer:
    """One customer."""
    return tag(await customers.read(customer_id, by))


@router.get("/{customer_id}/timeline")
async def read_timeline(
    customer_id: CustomerId,
    query: Annotated[TimelineQuery, Query()],
    by: MayRead,
    customers: Injected[CustomerService],
) -> Page[TimelineEntry]:
    """The leads, tasks and files of a customer in one list."""
    return await customers.timeline(customer_id, query, by)


@router.patch("/{customer_id}", response_model=CustomerPublic)
async def update_customer(
    customer_id: CustomerId,
    data: CustomerUpdate,
    by: MayWrite,
    customers: Injected[CustomerService],
    match: MatchDep,
    tag: TagDep,
) -> Customer:
    """Change the fields that you send."""
    return tag(await customers.update(customer_id, data, by, match))


@router.post(
    "/{customer_id}/archive",
    response_model=CustomerPublic,
)
async def archive_customer(
    customer_id: CustomerId,
    by: MayWrite,
    customers: Injected[CustomerService],
    match: MatchDep,
    tag: TagDep,
) -> Customer:
    """Archive a customer: lists leave it out; what belongs to it stays."""
    return tag(await customers.archive(customer_id, by, match))


@router.post(
    "/{customer_id}/restore",
    response_model=CustomerPublic,
)
async def restore_customer(
    customer_id: CustomerId,
    by: MayWrite,
    customers: Injected[CustomerService],
    match: MatchDep,
    tag: TagDep,
) -> Customer:
    """Restore an archived customer to the lists."""
    return tag(await customers.restore(customer_id, by, match))


@router.delete(
    "/{customer_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=declare(CONFLICT),
)
async def delete_customer(
    customer_id: CustomerId, by: MayDelete, customers: Injected[CustomerService], match: MatchDep
) -> None:
    """Delete a customer for good, unless leads, tasks or files refer to it."""
    await customers.delete(customer_id, by, match)
