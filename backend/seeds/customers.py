"""A dozen customers in every status."""

from datetime import timedelta
from typing import NamedTuple

from backend.models.sales.customers import Customer, CustomerStatus
from backend.seeds.base import SeedContext, seed_id, seeded_user
from backend.seeds.users import MANAGER, MEMBER


class SeedCustomer(NamedTuple):
    name: str
    company: str | None
    email: str
    phone: str
    status: CustomerStatus
    notes: str


_PROSPECT, _ACTIVE, _INACTIVE = CustomerStatus
CUSTOMERS = (
    SeedCustomer(
        "Maria Keller", "Keller Dental", "maria@keller-dental.example", "+49 30 5550 0101",
        _ACTIVE, "Two practices, one contract. Pays within a week.",
    ),
    SeedCustomer(
        "James Okafor", "Okafor Logistics", "james@okafor-logistics.example", "+44 20 7946 0102",
        _ACTIVE, "Wants monthly reports as a spreadsheet.",
    ),
    SeedCustomer(
        "Sofia Rossi", "Studio Rossi", "sofia@studiorossi.example", "+39 06 5550 0103",
        _PROSPECT, "Met at the spring fair. Budget is decided in September.",
    ),
    SeedCustomer(
        "Liam Murphy", "Murphy & Sons Joinery", "liam@murphyjoinery.example", "+353 1 555 0104",
        _ACTIVE, "Calls rather than writes.",
    ),
    SeedCustomer(
        "Chen Wei", "Harbour Trading", "wei@harbour-trading.example", "+852 5550 0105",
        _PROSPECT, "Compares us with two others; price matters less than support.",
    ),
    SeedCustomer(
        "Emma Lindqvist", "Lindqvist Arkitekter", "emma@lindqvist.example", "+46 8 555 0106",
        _ACTIVE, "Annual renewal in November.",
    ),
    SeedCustomer(
        "Noah Dubois", None, "noah.dubois@mail.example", "+33 1 55 50 01 07",
        _PROSPECT, "Freelancer; asked for the smallest plan.",
    ),
    SeedCustomer(
        "Olivia Santos", "Café Aurora", "olivia@cafe-aurora.example", "+55 11 5550 0108",
        _ACTIVE, "Three branches, opening a fourth.",
    ),
    SeedCustomer(
        "Peter Novák", "Novák Tools", "peter@novak-tools.example", "+420 255 500 109",
        _INACTIVE, "Paused the contract until the new plant is ready.",
    ),
    SeedCustomer(
        "Aisha Rahman", "Rahman Textiles", "aisha@rahman-textiles.example", "+880 2 5550 0110",
        _ACTIVE, "Invoices go to accounts@rahman-textiles.example.",
    ),
    SeedCustomer(
        "Tom Becker", "Becker Solar", "tom@becker-solar.example", "+49 89 5550 0111",
        _PROSPECT, "Needs an offer for 25 seats.",
    ),
    SeedCustomer(
        "Hannah Cohen", "Cohen Law", "hannah@cohen-law.example", "+1 212 555 0112",
        _INACTIVE, "Left for a competitor; ask again next year.",
    ),
)  # fmt: skip


class CustomerSeeder:
    async def run(self, context: SeedContext) -> int:
        async with context.uow(context.scope) as uow:
            owners = [await seeded_user(uow, user.email) for user in (MANAGER, MEMBER)]
            rows = [
                Customer(
                    id=seed_id("customer", customer.email),
                    owner_id=owners[place % 2].id,
                    created_at=(created := context.now - timedelta(days=90 - 7 * place)),
                    updated_at=created,
                    **customer._asdict(),
                )
                for place, customer in enumerate(CUSTOMERS)
            ]
            added = await uow.customers.add_missing(rows)
            await uow.commit()
        return added
