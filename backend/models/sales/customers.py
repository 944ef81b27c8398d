"""Customers: the people and companies that the team works for."""

from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from pydantic import MISSING, Field as PydanticField
from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from backend.models.platform.base import Input, Output, Update, enum_type, example
from backend.models.platform.fields import Email, Line, Paragraphs, Phone, Several
from backend.models.platform.full_text import make_searchable
from backend.models.platform.mixins import Archivable, Archived, Identified, Timestamped
from backend.models.platform.organisations import OfOrganisation
from backend.models.platform.paging import SearchableQuery
from backend.models.platform.sort_keys import sorted_by

_EXAMPLE = {
    "name": "Grace Hopper",
    "email": "grace@example.com",
    "phone": "+1 202 555 0143",
    "company": "Compilers & Co.",
    "status": "active",
    "notes": "Prefers to be called before noon.",
}
_PUBLIC = {
    "id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e03",
    **_EXAMPLE,
    "owner_id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e01",
    "created_at": "2026-06-01T09:30:00Z",
    "updated_at": "2026-06-01T09:30:00Z",
    "archived_at": None,
    "version": 1,
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


class Customer(OfOrganisation, Archivable, Timestamped, CustomerBase, Identified, table=True):
    __tablename__ = "customers"
    __table_args__ = (
        Index(None, "created_at", "id"),
        Index(None, "updated_at", "id"),
        sorted_by("customers", "name"),
        Index(None, "status", "created_at", "id"),
        Index(None, "owner_id", "created_at", "id"),
        Index(None, "email"),
    )

    status: CustomerStatus = Field(sa_type=enum_type(CustomerStatus))
    owner_id: UUID = Field(foreign_key="users.id")


make_searchable(
    Customer,
    "name || ' ' || coalesce(company, '') || ' ' || coalesce(email, '')",
    "coalesce(phone, '') || ' ' || notes",
)


class CustomerCreate(Input, CustomerBase):
    model_config = example(_EXAMPLE)

    owner_id: UUID | None = Field(default=None, description="A user; left out: yourself.")


class CustomerUpdate(Update):
    """Only the fields that are sent change."""

    model_config = example({"status": "inactive", "company": "Compilers & Co."})

    name: Line | MISSING = MISSING
    email: Email | None | MISSING = MISSING
    phone: Phone | None | MISSING = MISSING
    company: Line | None | MISSING = MISSING
    status: CustomerStatus | MISSING = MISSING
    notes: Paragraphs | MISSING = MISSING
    owner_id: UUID | MISSING = MISSING


class CustomerPublic(Output, Archivable, Timestamped, CustomerBase, Identified):
    model_config = example(_PUBLIC, base=Output)

    email: str | None
    phone: str | None
    owner_id: UUID


class CustomerCounts(NamedTuple):
    """The number of objects that belong to a customer."""

    task_count: int = 0
    open_task_count: int = 0
    file_count: int = 0


class CustomerListed(CustomerPublic):
    """A customer in a list, with counts of what belongs to it."""

    model_config = example(
        {**_PUBLIC, "task_count": 3, "open_task_count": 1, "file_count": 2}, base=Output
    )

    task_count: int
    open_task_count: int
    file_count: int


class CustomerSort(StrEnum):
    CREATED_AT = "created_at"
    CREATED_AT_DESC = "-created_at"
    UPDATED_AT = "updated_at"
    UPDATED_AT_DESC = "-updated_at"
    NAME = "name"
    NAME_DESC = "-name"
    RELEVANCE = "relevance"


class CustomerQuery(SearchableQuery):
    sort: CustomerSort = CustomerSort.CREATED_AT_DESC
    archived: Archived = Archived.NO
    status: Several[CustomerStatus] = PydanticField(
        default=[], description="Any of these statuses."
    )
    owner_id: UUID | None = None
