"""Customers: the people and companies that the team works for."""

from enum import StrEnum
from uuid import UUID

from pydantic import MISSING, Field as QueryField
from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from backend.models.base import Input, Output, enum_type, example
from backend.models.fields import Email, Line, Paragraphs, Phone
from backend.models.mixins import Identified, Timestamped
from backend.models.paging import PageQuery

_EXAMPLE = {
    "name": "Grace Hopper",
    "email": "grace@example.com",
    "phone": "+1 202 555 0143",
    "company": "Compilers & Co.",
    "status": "active",
    "notes": "Prefers to be called before noon.",
}


class CustomerStatus(StrEnum):
    PROSPECT = "prospect"
    ACTIVE = "active"
    INACTIVE = "inactive"


class CustomerBase(SQLModel):
    name: Line
    email: Email | None = None
    phone: Phone | None = None
    company: Line | None = None
    status: CustomerStatus = CustomerStatus.PROSPECT
    notes: Paragraphs = ""


class Customer(Timestamped, CustomerBase, Identified, table=True):
    __tablename__ = "customers"
    __table_args__ = (
        Index(None, "created_at", "id"),
        Index(None, "updated_at", "id"),
        Index(None, "name", "id"),
    )

    status: CustomerStatus = Field(sa_type=enum_type(CustomerStatus))
    owner_id: UUID = Field(foreign_key="users.id", index=True)


class CustomerCreate(Input, CustomerBase):
    model_config = example(_EXAMPLE)

    owner_id: UUID | None = Field(default=None, description="A user; yourself when left out.")


class CustomerUpdate(Input):
    """Only the fields that are sent change."""

    model_config = example({"status": "inactive", "company": "Compilers & Co."})

    name: Line | MISSING = MISSING
    email: Email | None | MISSING = MISSING
    phone: Phone | None | MISSING = MISSING
    company: Line | None | MISSING = MISSING
    status: CustomerStatus | MISSING = MISSING
    notes: Paragraphs | MISSING = MISSING
    owner_id: UUID | MISSING = MISSING


class CustomerPublic(Output, Timestamped, CustomerBase, Identified):
    model_config = example(
        {
            "id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e03",
            **_EXAMPLE,
            "owner_id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e01",
            "created_at": "2026-06-01T09:30:00Z",
            "updated_at": "2026-06-01T09:30:00Z",
        },
        base=Output,
    )

    email: str | None
    phone: str | None
    owner_id: UUID


class CustomerSort(StrEnum):
    CREATED_AT = "created_at"
    CREATED_AT_DESC = "-created_at"
    UPDATED_AT = "updated_at"
    UPDATED_AT_DESC = "-updated_at"
    NAME = "name"
    NAME_DESC = "-name"


class CustomerQuery(PageQuery):
    sort: CustomerSort = CustomerSort.CREATED_AT_DESC
    status: list[CustomerStatus] = QueryField(default=[], description="Any of these statuses.")
    owner_id: UUID | None = None
