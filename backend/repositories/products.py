from typing import Protocol

from backend.models.products import Product, ProductQuery
from backend.repositories.base import ListedRepository


class ProductRepository(ListedRepository[Product, ProductQuery], Protocol):
    """Nothing beyond what every repository can do."""
