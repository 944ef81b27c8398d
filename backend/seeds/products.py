"""Products: seats, services, and one that is no longer on sale."""

from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

from backend.models.sales.products import Product
from backend.seeds.base import SeedContext, seed_id


class SeedProduct(NamedTuple):
    """Prices are in EUR."""

    sku: str
    name: str
    price: str
    description: str
    is_active: bool = True
    is_archived: bool = False


PRODUCTS = (
    SeedProduct("SEAT-MONTH", "Seat, paid monthly", "24.00", "One person, all modules."),
    SeedProduct("SEAT-YEAR", "Seat, paid yearly", "240.00", "One person, two months for free."),
    SeedProduct("START", "Getting started", "490.00", "A day with us: data moved, people taught."),
    SeedProduct("SUPPORT-PLUS", "Support by phone", "89.00", "By the month, on working days."),
    SeedProduct("REPORTS", "Monthly reports", "39.00", "As a spreadsheet, on the first."),
    SeedProduct("BRANCH", "Another branch", "120.00", "Each place beyond the first.", False),
    SeedProduct("SEAT-2019", "Seat, old terms", "19.00", "For old contracts.", False, True),
)


class ProductSeeder:
    async def run(self, context: SeedContext) -> int:
        created = context.now - timedelta(days=200)
        rows = [
            Product(
                id=seed_id("product", product.sku),
                sku=product.sku,
                name=product.name,
                description=product.description,
                is_active=product.is_active,
                price_amount=Decimal(product.price),
                price_currency="EUR",
                created_at=created,
                updated_at=created,
                archived_at=context.now if product.is_archived else None,
            )
            for product in PRODUCTS
        ]
        async with context.uow(context.scope) as uow:
            added = await uow.products.add_missing(rows)
            await uow.commit()
        return added
