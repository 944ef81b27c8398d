from collections.abc import Collection, Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, SQLColumnExpression
from sqlmodel import col, func, select

from backend.models.files.files import File
from backend.models.platform.paging import Page
from backend.models.sales.customers import Customer, CustomerCounts, CustomerQuery
from backend.models.sales.timeline import TimelineEntry, TimelineQuery
from backend.models.tasks.tasks import UNFINISHED, Task
from backend.repositories.sql.platform.bulk import SqlBulkList
from backend.repositories.sql.platform.filters import not_put_aside, one_of
from backend.repositories.sql.platform.keyset import MOMENT, by_column, by_name
from backend.repositories.sql.sales.timeline import timeline_page


class SqlCustomerRepository(SqlBulkList[Customer, CustomerQuery]):
    model = Customer
    kind = "customer"
    sorts = {
        "created_at": by_column(Customer.created_at, MOMENT),
        "updated_at": by_column(Customer.updated_at, MOMENT),
        "name": by_name(Customer.name),
    }

    async def counts(self, customer_ids: Collection[UUID]) -> dict[UUID, CustomerCounts]:
        unfinished = one_of(Task.status, UNFINISHED)
        tasks = select(func.count()).where(Task.customer_id == Customer.id)
        files = select(func.count()).where(File.customer_id == Customer.id)
        counted = select(
            Customer.id,
            tasks.select_from(Task).scalar_subquery(),
            tasks.select_from(Task).where(unfinished).scalar_subquery(),
            files.select_from(File).scalar_subquery(),
        ).where(one_of(Customer.id, customer_ids))
        rows = await self._session.exec(counted)
        return {customer_id: CustomerCounts(*counts) for customer_id, *counts in rows}

    async def timeline(self, customer_id: UUID, query: TimelineQuery) -> Page[TimelineEntry]:
        return await timeline_page(self._session, customer_id, query)

    def key(self) -> SQLColumnExpression[Any]:
        return col(Customer.email)

    def conditions(self, query: CustomerQuery) -> Iterator[ColumnElement[bool]]:
        yield from not_put_aside(Customer, query.archived)
        if query.status:
            yield one_of(Customer.status, query.status)
        if query.owner_id is not None:
            yield col(Customer.owner_id) == query.owner_id
