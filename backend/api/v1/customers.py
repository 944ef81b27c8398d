from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response, status

from backend.api.deps import CustomerServiceDep, may
from backend.api.problems import CONFLICT, declare
from backend.core.permissions import Permission, Principal
from backend.models.customers import (
    Customer,
    CustomerCreate,
    CustomerPublic,
    CustomerQuery,
    CustomerUpdate,
)
from backend.models.paging import Page

router = APIRouter(prefix="/customers", tags=["customers"])

CustomerId = Annotated[UUID, Path(examples=["01976d5e-8f60-7c3a-9b52-5d1f0a6c7e03"])]
MAY_READ = may(Permission.CUSTOMERS_READ)
MAY_DELETE = may(Permission.CUSTOMERS_DELETE)
MayWrite = Annotated[Principal, may(Permission.CUSTOMERS_WRITE)]


@router.get("", response_model=Page[CustomerPublic], dependencies=[MAY_READ])
async def list_customers(
    query: Annotated[CustomerQuery, Query()], customers: CustomerServiceDep
) -> Page[Customer]:
    """The team's customers."""
    return await customers.page(query)


@router.post("", status_code=status.HTTP_201_CREATED, response_model=CustomerPublic)
async def create_customer(
    data: CustomerCreate, by: MayWrite, customers: CustomerServiceDep, response: Response
) -> Customer:
    """Add a customer, yours unless you name another owner."""
    customer = await customers.create(data, by)
    response.headers["Location"] = f"/api/v1/customers/{customer.id}"
    return customer


@router.get("/{customer_id}", response_model=CustomerPublic, dependencies=[MAY_READ])
async def read_customer(customer_id: CustomerId, customers: CustomerServiceDep) -> Customer:
    """One customer."""
    return await customers.read(customer_id)


@router.patch("/{customer_id}", response_model=CustomerPublic)
async def update_customer(
    customer_id: CustomerId, data: CustomerUpdate, by: MayWrite, customers: CustomerServiceDep
) -> Customer:
    """Change the fields that you send."""
    return await customers.update(customer_id, data, by)


@router.delete(
    "/{customer_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    dependencies=[MAY_DELETE],
    responses=declare(CONFLICT),
)
async def delete_customer(customer_id: CustomerId, customers: CustomerServiceDep) -> None:
    """Delete a customer for good, unless tasks refer to it."""
    await customers.delete(customer_id)
