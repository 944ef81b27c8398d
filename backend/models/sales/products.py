"""Products: what the team sells, at a price."""

from decimal import Decimal
from enum import StrEnum
from typing import Any, cast

from pydantic import MISSING, Field as PydanticField
from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from backend.models.platform.base import Input, Output, Update, example
from backend.models.platform.fields import Flag, Line, Paragraphs, Sku
from backend.models.platform.full_text import make_searchable
from backend.models.platform.meanings import taken
from backend.models.platform.mixins import Archivable, Archived, Identified, Timestamped
from backend.models.platform.money import AMOUNT, Money, StoredCurrencyCode, money_columns
from backend.models.platform.organisations import OfOrganisation
from backend.models.platform.paging import SearchableQuery
from backend.models.platform.sort_keys import sorted_by

_EXAMPLE = {
    "sku": "SEAT-YEAR",
    "name": "Seat, paid yearly",
    "description": "One person, all modules.",
    "is_active": True,
    "price": {"amount": "240.00", "currency": "EUR"},
}

SKU_SQL = "lower(sku)"
"""The unique expression, and the sort expression of `sku`: exactly as in the index."""


class ProductBase(SQLModel):
    sku: Sku
    name: Line
    description: Paragraphs = ""
    is_active: Flag = Field(default=True, description="Whether it is on sale.")


class Product(OfOrganisation, Archivable, Timestamped, ProductBase, Identified, table=True):
    __tablename__ = "products"
    __table_args__ = (
        Index(None, "created_at", "id"),
        Index(None, "updated_at", "id"),
        sorted_by("products", "name"),
        sorted_by("products", "sku"),
        Index(
            "uq_products_sku",
            text(SKU_SQL),
            unique=True,
            info=taken("A product with this SKU already exists; archived ones count too."),
        ),
    )

    price_amount: Decimal = Field(sa_type=AMOUNT)
    price_currency: str = Field(max_length=3)

    @property
    def price(self) -> Money:
        return cast(Money, Money.of(self.price_amount, self.price_currency))


make_searchable(Product, "sku || ' ' || name", "description")


class ProductCreate(Input, ProductBase):
    model_config = example(_EXAMPLE)

    price: Money

    def columns(self) -> dict[str, Any]:
        return money_columns("price", self.price)


class ProductUpdate(Update):
    """Only the fields that are sent change. A price is replaced as a whole."""

    model_config = example({"price": {"amount": "260.00", "currency": "EUR"}})

    sku: Sku | MISSING = MISSING
    name: Line | MISSING = MISSING
    description: Paragraphs | MISSING = MISSING
    is_active: Flag | MISSING = MISSING
    price: Money | MISSING = MISSING

    def changes(self) -> dict[str, Any]:
        changes = super().changes()
        if changes.pop("price", None):
            changes |= money_columns("price", cast(Money, self.price))
        return changes


class ProductPublic(Output, Archivable, Timestamped, ProductBase, Identified):
    model_config = example(
        {
            "id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e05",
            **_EXAMPLE,
            "created_at": "2026-06-01T09:30:00Z",
            "updated_at": "2026-06-01T09:30:00Z",
            "archived_at": None,
            "version": 1,
        },
        base=Output,
    )

    price: Money


class ProductSort(StrEnum):
    CREATED_AT = "created_at"
    CREATED_AT_DESC = "-created_at"
    UPDATED_AT = "updated_at"
    UPDATED_AT_DESC = "-updated_at"
    NAME = "name"
    NAME_DESC = "-name"
    SKU = "sku"
    SKU_DESC = "-sku"
    RELEVANCE = "relevance"


class ProductQuery(SearchableQuery):
    sort: ProductSort = ProductSort.CREATED_AT_DESC
    archived: Archived = Archived.NO
    is_active: bool | None = None
    currency: StoredCurrencyCode | None = PydanticField(
        default=None, description="Only prices in this currency."
    )
