from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, SQLColumnExpression, delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from backend.models.sales.leads import Lead, LeadProduct, LeadQuery
from backend.repositories.sql.platform.bulk import SqlBulkList, insertion
from backend.repositories.sql.platform.filters import one_of
from backend.repositories.sql.platform.keyset import MOMENT, by_column, by_name


class SqlLeadRepository(SqlBulkList[Lead, LeadQuery]):
    model = Lead
    kind = "lead"
    sorts = {
        "created_at": by_column(Lead.created_at, MOMENT),
        "updated_at": by_column(Lead.updated_at, MOMENT),
        "name": by_name(Lead.name),
    }

    async def add_missing(self, rows: Sequence[Lead]) -> int:
        added = await self._insert_missing(rows)
        links = [
            {"lead_id": lead.id, "product_id": product_id}
            for lead in rows
            if lead.id in added
            for product_id in lead.product_ids
        ]
        if links:
            connection = await self._session.connection()
            await connection.execute(insert(LeadProduct), links)
        return len(added)

    async def insert_all(self, rows: Sequence[Mapping[str, Any]]) -> None:
        await super().insert_all(rows)
        await self._link({row["id"]: row["product_ids"] for row in rows})

    async def update_all(self, rows: Sequence[Mapping[str, Any]]) -> None:
        await super().update_all(rows)
        ids = [row["id"] for row in rows]
        await self._send(delete(LeadProduct).where(col(LeadProduct.lead_id).in_(ids)))
        await self._link({row["id"]: row["product_ids"] for row in rows})

    async def _link(self, product_ids: Mapping[UUID, Sequence[UUID]]) -> None:
        links = [
            {"lead_id": lead_id, "product_id": product_id}
            for lead_id, ids in product_ids.items()
            for product_id in ids
        ]
        if links:
            await self._send(insertion(LeadProduct, links))

    def key(self) -> SQLColumnExpression[Any]:
        return col(Lead.email)

    def conditions(self, query: LeadQuery) -> Iterator[ColumnElement[bool]]:
        if query.status:
            yield one_of(Lead.status, query.status)
        if query.source is not None:
            yield col(Lead.source) == query.source
        if query.owner_id is not None:
            yield col(Lead.owner_id) == query.owner_id
        if query.customer_id is not None:
            yield col(Lead.customer_id) == query.customer_id
        if query.product_id is not None:
            interested = select(LeadProduct.lead_id)
            interested = interested.where(LeadProduct.product_id == query.product_id)
            yield col(Lead.id).in_(interested)
