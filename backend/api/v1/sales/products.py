"""What the team sells."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Response, status

from backend.api.csv_export import CSV_RESPONSES, WantsCsv, csv_response
from backend.api.deps import may
from backend.api.etags import CachedTagDep, MatchDep, TagDep
from backend.api.idempotency import IdempotencyKeyDep, IdempotentRoute, KeptAnswer
from backend.api.injection import Injected
from backend.api.problems import CONFLICT, declare
from backend.api.routes import ResourceRouter
from backend.core.permissions import Permission, Principal
from backend.models.platform.paging import Page
from backend.models.sales.products import (
    Product,
    ProductCreate,
    ProductPublic,
    ProductQuery,
    ProductUpdate,
)
from backend.services.identity.rights import PresentRights
from backend.services.platform.all_pages import all_pages
from backend.services.sales.products import ProductService

router = ResourceRouter(prefix="/products", tags=["products"], route_class=IdempotentRoute)

ProductId = Annotated[UUID, Path(examples=["01976d5e-8f60-7c3a-9b52-5d1f0a6c7e05"])]
MayRead = Annotated[Principal, may(Permission.PRODUCTS_READ)]
MayWrite = Annotated[Principal, may(Permission.PRODUCTS_WRITE)]
MayDelete = Annotated[Principal, may(Permission.PRODUCTS_DELETE)]


@router.get("", response_model=Page[ProductPublic], responses=CSV_RESPONSES)
async def list_products(
    query: Annotated[ProductQuery, Query()],
    by: MayRead,
    products: Injected[ProductService],
    rights: Injected[PresentRights],
    as_csv: WantsCsv,
) -> Page[Product] | Response:
    """What the team sells."""
    if as_csv:
        pages = all_pages(products.page, query, rights.as_of_now(by, Permission.PRODUCTS_READ))
        return await csv_response(pages, ProductPublic, "products")
    return await products.page(query, by)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=ProductPublic,
    responses=declare(CONFLICT),
)
async def create_product(
    data: ProductCreate,
    by: MayWrite,
    products: Injected[ProductService],
    tag: TagDep,
    key: IdempotencyKeyDep,
) -> Product | KeptAnswer:
    """Add a product. SKUs are unique, ignoring case."""
    return tag.created("products", await products.create(data, by, key))


@router.get("/{product_id}", response_model=ProductPublic)
async def read_product(
    product_id: ProductId, by: MayRead, products: Injected[ProductService], tag: CachedTagDep
) -> Product:
    """One product."""
    return tag(await products.read(product_id, by))


@router.patch("/{product_id}", response_model=ProductPublic, responses=declare(CONFLICT))
async def update_product(
    product_id: ProductId,
    data: ProductUpdate,
    by: MayWrite,
    products: Injected[ProductService],
    match: MatchDep,
    tag: TagDep,
) -> Product:
    """Change the fields that you send."""
    return tag(await products.update(product_id, data, by, match))


@router.post(
    "/{product_id}/archive",
    response_model=ProductPublic,
)
async def archive_product(
    product_id: ProductId,
    by: MayWrite,
    products: Injected[ProductService],
    match: MatchDep,
    tag: TagDep,
) -> Product:
    """Archive a product: lists leave it out; interested leads keep it."""
    return tag(await products.archive(product_id, by, match))


@router.post(
    "/{product_id}/restore",
    response_model=ProductPublic,
)
async def restore_product(
    product_id: ProductId,
    by: MayWrite,
    products: Injected[ProductService],
    match: MatchDep,
    tag: TagDep,
) -> Product:
    """Restore an archived product to the lists."""
    return tag(await products.restore(product_id, by, match))


@router.delete(
    "/{product_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=declare(CONFLICT),
)
async def delete_product(
    product_id: ProductId, by: MayDelete, products: Injected[ProductService], match: MatchDep
) -> None:
    """Delete a product for good, unless leads are interested in it."""
    await products.delete(product_id, by, match)
