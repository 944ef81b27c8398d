"""Leads in every status; the converted one belongs to a seeded customer."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from backend.models.sales.leads import Lead, LeadStatus
from backend.repositories.unit_of_work import ReadingUnitOfWork
from backend.seeds.base import SeedContext, seed_id, seeded_user
from backend.seeds.customers import CUSTOMERS
from backend.seeds.users import MANAGER, MEMBER


class SeedLead(NamedTuple):
    """`value` is in EUR; `products` are SKUs of the seed."""

    name: str
    company: str | None
    email: str
    source: str
    status: LeadStatus
    value: str | None
    products: tuple[str, ...]
    notes: str = ""


_NEW, _CONTACTED, _QUALIFIED, _LOST, _CONVERTED = LeadStatus
LEADS = (
    SeedLead(
        "Yuki Tanaka", "Tanaka Ceramics", "yuki@tanaka-ceramics.example", "website",
        _NEW, None, (), "Asked for a trial.",
    ),
    SeedLead(
        "Marco Bianchi", "Bianchi Vini", "marco@bianchi-vini.example", "fair",
        _NEW, "2400.00", ("SEAT-YEAR",), "Ten seats, perhaps more after the harvest.",
    ),
    SeedLead(
        "Ingrid Olsen", "Olsen Fisk", "ingrid@olsenfisk.example", "referral",
        _CONTACTED, "4800.00", ("SEAT-YEAR", "START"), "Call again on Thursday.",
    ),
    SeedLead(
        "Samuel Adeyemi", "Adeyemi Print", "samuel@adeyemi-print.example", "website",
        _CONTACTED, "890.00", ("SEAT-MONTH", "REPORTS"),
    ),
    SeedLead(
        "Clara Hoffmann", "Hoffmann Mode", "clara@hoffmann-mode.example", "event",
        _QUALIFIED, "12500.00", ("SEAT-YEAR", "START", "SUPPORT-PLUS"), "Budget is approved.",
    ),
    SeedLead(
        "Diego Fernández", None, "diego.fernandez@mail.example", "cold call",
        _LOST, "240.00", ("SEAT-MONTH",), "Stays with his spreadsheet.",
    ),
    SeedLead(
        CUSTOMERS[5].name, CUSTOMERS[5].company, CUSTOMERS[5].email, "referral",
        _CONVERTED, "3600.00", ("SEAT-YEAR",),
    ),
)  # fmt: skip


class LeadSeeder:
    async def run(self, context: SeedContext) -> int:
        async with context.uow(context.scope) as uow:
            owners = [(await seeded_user(uow, user.email)).id for user in (MANAGER, MEMBER)]
            rows = [
                _row(lead, owners[place % 2], context.now - timedelta(days=place * 3))
                for place, lead in enumerate(LEADS)
            ]
            await _add_products(uow, rows)
            customer_id = seed_id("customer", CUSTOMERS[5].email)
            if await uow.customers.find(customer_id) is None:
                rows = [row for row in rows if row.status is not LeadStatus.CONVERTED]
            added = await uow.leads.add_missing(rows)
            await uow.commit()
        return added


async def _add_products(uow: ReadingUnitOfWork, rows: list[Lead]) -> None:
    """Leave out those that somebody has deleted."""
    ids = {sku: seed_id("product", sku) for lead in LEADS for sku in lead.products}
    known = {product.id for product in await uow.products.find_many({*ids.values()})}
    for row, lead in zip(rows, LEADS, strict=True):
        row.set_products([ids[sku] for sku in lead.products if ids[sku] in known])
        row.updated_at = row.created_at


def _row(lead: SeedLead, owner_id: UUID, created: datetime) -> Lead:
    is_converted = lead.status is LeadStatus.CONVERTED
    return Lead(
        id=seed_id("lead", lead.email),
        name=lead.name,
        company=lead.company,
        email=lead.email,
        source=lead.source,
        status=lead.status,
        notes=lead.notes,
        estimated_value_amount=Decimal(lead.value) if lead.value else None,
        estimated_value_currency="EUR" if lead.value else None,
        owner_id=owner_id,
        customer_id=seed_id("customer", lead.email) if is_converted else None,
        converted_at=created if is_converted else None,
        created_at=created,
        updated_at=created,
    )
