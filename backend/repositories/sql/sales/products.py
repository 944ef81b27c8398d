from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, String, literal_column

from backend.models.sales.products import SKU_SQL, Product, ProductQuery
from backend.repositories.sql.platform.bulk import SqlBulkList
from backend.repositories.sql.platform.filters import equal_to, not_put_aside
from backend.repositories.sql.platform.keyset import MOMENT, by_column, by_name


class SqlProductRepository(SqlBulkList[Product, ProductQuery]):
    model = Product
    kind = "product"
    sorts = {
        "created_at": by_column(Product.created_at, MOMENT),
        "updated_at": by_column(Product.updated_at, MOMENT),
        "name": by_name(Product.name),
        "sku": by_name(Product.sku),
    }

    def key(self) -> SQLColumnExpression[Any]:
        return literal_column(SKU_SQL, String())

    async def insert_all(self, rows: Sequence[Mapping[str, Any]]) -> None:
        # In a fixed order: adding a SKU waits for a concurrent insert of the same.
        await super().insert_all(sorted(rows, key=lambda row: str(row["sku"]).lower()))

    def conditions(self, query: ProductQuery) -> Iterator[ColumnElement[bool]]:
        yield from not_put_aside(Product, query.archived)
        yield from equal_to(Product.is_active, query.is_active)
        yield from equal_to(Product.price_currency, query.currency)
