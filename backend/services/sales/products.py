from collections.abc import Collection
from uuid import UUID

from backend.core.errors import InvalidInputError
from backend.core.permissions import Principal, SubjectKind
from backend.models.platform.idempotency import IdempotencyKey, Outcome
from backend.models.sales.products import Product, ProductCreate, ProductQuery, ProductUpdate
from backend.repositories.sales.unit import SalesReading, SalesUnit, SalesUnits
from backend.services.platform.archiving import ArchivingService


class ProductService(
    ArchivingService[SalesUnit, SalesReading, Product, ProductQuery, ProductUpdate]
):
    """Rules belong into `_check`, which is called before a row is created or changed."""

    def __init__(self, uow: SalesUnits) -> None:
        super().__init__(uow, SubjectKind.PRODUCT, lambda unit: unit.products)

    async def create(
        self, data: ProductCreate, by: Principal, key: IdempotencyKey | None = None
    ) -> Outcome[Product]:
        """Raises ConflictError if the SKU is taken."""
        return await self._add(Product.from_input(data, **data.columns()), by, key)


async def check_products(uow: SalesUnit, product_ids: Collection[UUID]) -> None:
    """Raises InvalidInputError that names the missing ones."""
    known = {product.id for product in await uow.products.find_many(product_ids)}
    unknown = [str(product_id) for product_id in product_ids if product_id not in known]
    if unknown:
        detail = f"There is no product with the id {' or '.join(unknown)}."
        raise InvalidInputError("product_ids", detail, "unknown_reference")
