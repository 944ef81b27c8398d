"""The assistant's tools for products."""

from uuid import UUID

from backend.core.permissions import Permission
from backend.models.platform.base import Input
from backend.models.sales.products import ProductCreate, ProductPublic, ProductQuery
from backend.services.assistant.tools.resources import FindArguments, creator, finder, reader


class OneProduct(Input):
    product_id: UUID


TOOLS = (
    finder(
        "products",
        FindArguments,
        Permission.PRODUCTS_READ,
        ProductQuery,
        lambda services: services.products.page,
        ProductPublic,
    ),
    reader(
        "product",
        OneProduct,
        Permission.PRODUCTS_READ,
        lambda services: services.products.read,
        ProductPublic,
    ),
    creator(
        "product",
        ProductCreate,
        Permission.PRODUCTS_WRITE,
        lambda services: services.products.create,
        ProductPublic,
    ),
)
