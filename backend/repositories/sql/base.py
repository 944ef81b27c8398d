"""What every SQL repository shares."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, inspect
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.errors import NotFoundError
from backend.models.mixins import Identified
from backend.models.paging import Page, PageQuery
from backend.repositories.sql.constraints import domain_errors
from backend.repositories.sql.keyset import Keyset, Sort

Row = TypeVar("Row", bound=Identified)
Query = TypeVar("Query", bound=PageQuery)


class SqlRepository(Generic[Row]):
    """Rows of one table: get, save, delete. Never commits.

    Attributes:
        model: the table.
        kind: what one row is called in messages to people.
    """

    model: ClassVar[type[Any]]
    kind: ClassVar[str]

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, row_id: UUID, *, for_update: bool = False) -> Row:
        lock = True if for_update else None
        row: Row | None = await self._session.get(self.model, row_id, with_for_update=lock)
        if row is None:
            raise NotFoundError.of(self.kind, row_id)
        return row

    async def find(self, row_id: UUID) -> Row | None:
        row: Row | None = await self._session.get(self.model, row_id)
        return row

    async def save(self, row: Row) -> None:
        self._session.add(row)
        with domain_errors():
            await self._session.flush()

    async def delete(self, row: Row) -> None:
        await self._session.delete(row)
        with domain_errors(deleting=True):
            await self._session.flush()

    async def add_missing(self, rows: Sequence[Row]) -> int:
        if not rows:
            return 0
        columns = inspect(self.model).columns.keys()
        values = [{name: getattr(row, name) for name in columns} for row in rows]
        statement = insert(self.model).on_conflict_do_nothing().returning(col(self.model.id))
        connection = await self._session.connection()
        with domain_errors():
            added = await connection.execute(statement, values)
        return len(added.all())


class SqlList(SqlRepository[Row], Generic[Row, Query]):
    """A table that has a list route.

    Attributes:
        sorts: by the name of the sort, without `-`.
    """

    sorts: ClassVar[Mapping[str, Sort[Any]]]

    def conditions(self, query: Query) -> Iterable[ColumnElement[bool]]:
        """The filters that the query asks for; none unless the table's class says so."""
        return ()

    async def page(self, query: Query) -> Page[Row]:
        return await self._page(query, *self.conditions(query))

    async def _page(self, query: PageQuery, *conditions: ColumnElement[bool]) -> Page[Row]:
        sort = self.sorts[query.sort.removeprefix("-")]
        keyset = Keyset[Row](self.model, query.sort, sort)
        statement = keyset.apply(select(self.model).where(*conditions), query.cursor, query.limit)
        rows = await self._session.exec(statement)
        return keyset.page(rows.all(), query.limit)
