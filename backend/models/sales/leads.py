"""Leads: prospective customers and their status."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, cast
from uuid import UUID

from pydantic import MISSING, AfterValidator, Field as PydanticField
from sqlalchemy import Index
from sqlmodel import Field, Relationship, SQLModel

from backend.core.errors import ConflictError
from backend.models.platform.base import Input, Output, Update, enum_type, example
from backend.models.platform.fields import Email, Line, Paragraphs, Phone, Several
from backend.models.platform.full_text import make_searchable
from backend.models.platform.meanings import kept, reference
from backend.models.platform.mixins import Identified, Timestamped, Versioned, now
from backend.models.platform.money import AMOUNT, Money, MoneyTotal, money_columns
from backend.models.platform.organisations import OfOrganisation
from backend.models.platform.paging import SearchableQuery
from backend.models.platform.sort_keys import sorted_by

_EXAMPLE = {
    "name": "Katherine Johnson",
    "company": "Trajectory Ltd.",
    "email": "katherine@example.com",
    "phone": "+1 757 555 0150",
    "source": "website",
    "status": "new",
    "notes": "Asked for a trial.",
    "estimated_value": {"amount": "4800.00", "currency": "EUR"},
    "product_ids": ["01976d5e-8f60-7c3a-9b52-5d1f0a6c7e05"],
}

MAX_PRODUCTS = 50


class LeadStatus(StrEnum):
    NEW = "new"
    CONTACTED = "contacted"
    QUALIFIED = "qualified"
    LOST = "lost"
    CONVERTED = "converted"


_NEW, _CONTACTED, _QUALIFIED, _LOST, _CONVERTED = LeadStatus
TRANSITIONS: dict[LeadStatus, frozenset[LeadStatus]] = {
    _NEW: frozenset({_CONTACTED, _QUALIFIED, _LOST}),
    _CONTACTED: frozenset({_QUALIFIED, _LOST}),
    _QUALIFIED: frozenset({_CONTACTED, _LOST}),
    _LOST: frozenset({_NEW, _CONTACTED}),
    _CONVERTED: frozenset(),
}
"""The allowed transitions. Only `convert` makes a lead converted, permanently."""


def _without_repetition(ids: list[UUID]) -> list[UUID]:
    return list(dict.fromkeys(ids))


ProductIds = Annotated[
    list[UUID],
    AfterValidator(_without_repetition),
    Field(max_length=MAX_PRODUCTS, description="The products that the lead is interested in."),
]


class LeadBase(SQLModel):
    name: Line
    company: Line | None = None
    email: Email | None = None
    phone: Phone | None = None
    source: Line | None = Field(default=None, description="The source of the lead.")
    status: LeadStatus = LeadStatus.NEW
    notes: Paragraphs = ""


class LeadProduct(OfOrganisation, table=True):
    """The interest of a lead in a product."""

    __tablename__ = "lead_products"

    lead_id: UUID = Field(foreign_key="leads.id", primary_key=True, ondelete="CASCADE")
    product_id: UUID = Field(
        foreign_key="products.id",
        primary_key=True,
        index=True,
        sa_column_kwargs={
            "info": kept(
                "Leads are interested in this product: archive it, or remove it from them first."
            )
            | reference("product_ids", "product")
        },
    )


class Lead(OfOrganisation, Versioned, Timestamped, LeadBase, Identified, table=True):
    __tablename__ = "leads"
    __table_args__ = (
        Index(None, "created_at", "id"),
        Index(None, "updated_at", "id"),
        sorted_by("leads", "name"),
        Index(None, "status", "created_at", "id"),
        Index(None, "owner_id", "created_at", "id"),
        Index(None, "email"),
        Index(None, "customer_id", "created_at", "id"),
    )

    status: LeadStatus = Field(default=LeadStatus.NEW, sa_type=enum_type(LeadStatus))
    estimated_value_amount: Decimal | None = Field(default=None, sa_type=AMOUNT)
    estimated_value_currency: str | None = Field(default=None, max_length=3)
    owner_id: UUID = Field(foreign_key="users.id")
    customer_id: UUID | None = Field(
        default=None,
        foreign_key="customers.id",
        sa_column_kwargs={
            "info": kept(
                "A lead was converted to this customer: archive the customer, or delete the "
                "lead first."
            )
        },
    )
    converted_at: datetime | None = None

    # Read with the leads, by one more statement for a whole page.
    interests: list[LeadProduct] = Relationship(
        cascade_delete=True,
        passive_deletes=True,
        sa_relationship_kwargs={
            "lazy": "selectin",
            "order_by": LeadProduct.product_id,
            # The foreign key has a second column, which is that of the organisation.
            "primaryjoin": "Lead.id == LeadProduct.lead_id",
        },
    )

    @property
    def estimated_value(self) -> Money | None:
        return Money.of(self.estimated_value_amount, self.estimated_value_currency)

    @property
    def product_ids(self) -> list[UUID]:
        return [interest.product_id for interest in self.interests]

    def facts(self) -> dict[str, Any]:
        return super().facts() | {"product_ids": [str(each) for each in self.product_ids]}

    def set_products(self, product_ids: list[UUID]) -> None:
        if set(product_ids) != set(self.product_ids):
            known = {interest.product_id: interest for interest in self.interests}
            self.interests = [
                known.get(product_id) or LeadProduct(lead_id=self.id, product_id=product_id)
                for product_id in sorted(product_ids)
            ]
            # A change of the links alone would not change the version.
            self.updated_at = now()

    def move_to(self, status: LeadStatus) -> None:
        """Change the status; setting the current one changes nothing.

        Raises:
            ConflictError: the transition is not in `TRANSITIONS`.
        """
        if status is self.status:
            return
        if status is LeadStatus.CONVERTED:
            raise ConflictError("Only POST /leads/{lead_id}/convert converts a lead.")
        if status not in TRANSITIONS[self.status]:
            raise ConflictError(f"A lead that is {self.status} can't become {status}.")
        self.status = status

    def convert(self, customer_id: UUID) -> None:
        """Raises ConflictError if the lead is lost."""
        if self.status is LeadStatus.LOST:
            raise ConflictError(
                "The lead is lost; set it to new or contacted before converting it."
            )
        self.status = LeadStatus.CONVERTED
        self.customer_id = customer_id
        self.converted_at = now()


make_searchable(
    Lead,
    "name || ' ' || coalesce(company, '') || ' ' || coalesce(email, '')",
    "coalesce(phone, '') || ' ' || coalesce(source, '') || ' ' || notes",
)


class LeadCreate(Input, LeadBase):
    # Without products, so that the example works as it is.
    model_config = example({**_EXAMPLE, "product_ids": []})

    estimated_value: Money | None = None
    product_ids: ProductIds = []
    owner_id: UUID | None = Field(default=None, description="A user; left out: yourself.")

    def columns(self) -> dict[str, Any]:
        return money_columns("estimated_value", self.estimated_value)


class LeadUpdate(Update):
    """Only the fields that are sent change. The status moves by the allowed transitions."""

    model_config = example({"status": "contacted", "notes": "Wants a call in May."})

    name: Line | MISSING = MISSING
    company: Line | None | MISSING = MISSING
    email: Email | None | MISSING = MISSING
    phone: Phone | None | MISSING = MISSING
    source: Line | None | MISSING = MISSING
    status: LeadStatus | MISSING = MISSING
    notes: Paragraphs | MISSING = MISSING
    estimated_value: Money | None | MISSING = MISSING
    product_ids: ProductIds | MISSING = MISSING
    owner_id: UUID | MISSING = MISSING

    def changes(self) -> dict[str, Any]:
        changes = super().changes()
        if "estimated_value" in changes:
            del changes["estimated_value"]
            value = cast(Money | None, self.estimated_value)
            changes |= money_columns("estimated_value", value)
        return changes


class LeadPublic(Output, Versioned, Timestamped, LeadBase, Identified):
    model_config = example(
        {
            "id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e06",
            **_EXAMPLE,
            "owner_id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e01",
            "customer_id": None,
            "converted_at": None,
            "created_at": "2026-06-01T09:30:00Z",
            "updated_at": "2026-06-01T09:30:00Z",
            "version": 1,
        },
        base=Output,
    )

    email: str | None
    phone: str | None
    estimated_value: Money | None
    product_ids: list[UUID]
    owner_id: UUID
    customer_id: UUID | None = Field(description="The customer that it was converted to.")
    converted_at: datetime | None


class LeadSort(StrEnum):
    CREATED_AT = "created_at"
    CREATED_AT_DESC = "-created_at"
    UPDATED_AT = "updated_at"
    UPDATED_AT_DESC = "-updated_at"
    NAME = "name"
    NAME_DESC = "-name"
    RELEVANCE = "relevance"


class LeadQuery(SearchableQuery):
    sort: LeadSort = LeadSort.CREATED_AT_DESC
    status: Several[LeadStatus] = PydanticField(default=[], description="Any of these statuses.")
    source: Line | None = None
    owner_id: UUID | None = None
    customer_id: UUID | None = None
    product_id: UUID | None = PydanticField(default=None, description="Interested in this product.")


class PipelineStage(Output):
    """The leads of one status."""

    status: LeadStatus
    count: int
    values: list[MoneyTotal] = PydanticField(
        description="The sum of the estimated values, by currency."
    )
