from typing import Protocol

from backend.models.sales.products import Product, ProductQuery
from backend.repositories.platform.base import ListedRepository
from backend.repositories.platform.bulk import BulkRepository


class ProductRepository(ListedRepository[Product, ProductQuery], BulkRepository[Product], Protocol):
    """Nothing beyond what every repository can do."""
