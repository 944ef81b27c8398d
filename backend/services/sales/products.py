from backend.core.permissions import Principal
from backend.models.platform.domain_events import SubjectKind
from backend.models.platform.idempotency import IdempotencyKey
from backend.models.sales.products import Product, ProductCreate, ProductQuery, ProductUpdate
from backend.repositories.unit_of_work import UnitOfWorkFactory
from backend.services.platform.archiving import ArchivingService


class ProductService(ArchivingService[Product, ProductQuery, ProductUpdate]):
    def __init__(self, uow: UnitOfWorkFactory) -> None:
        super().__init__(uow, SubjectKind.PRODUCT, lambda unit: unit.products)

    async def create(
        self, data: ProductCreate, by: Principal, key: IdempotencyKey | None = None
    ) -> Product:
        """Raises ConflictError if there is a product with the SKU."""
        return await self._add(Product.model_validate(data, update=data.columns()), by, key)
