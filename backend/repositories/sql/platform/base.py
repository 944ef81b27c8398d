"""The base of every SQL repository."""

from collections.abc import Collection, Sequence
from typing import Any, ClassVar, Generic, TypeVar, cast
from uuid import UUID

from sqlalchemy import ColumnElement, inspect, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.errors import NotFoundError
from backend.models.platform.mixins import Identified, now
from backend.models.platform.paging import PageQuery
from backend.repositories.sql.platform.constraints import EXPLAINED, explain
from backend.repositories.sql.platform.contention import LOCK
from backend.repositories.sql.platform.filters import one_of
from backend.repositories.sql.platform.rows import is_a_row_alone
from backend.repositories.sql.platform.writing import Writer

Row = TypeVar("Row", bound=Identified)
Query = TypeVar("Query", bound=PageQuery)


def in_order(key: Mapped[UUID], *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Select rows by id, locked in that order.

    A global order of locks prevents deadlocks.
    """
    return key.in_(select(key).where(*conditions).order_by(key).with_for_update(**LOCK))


class SqlRepository(Generic[Row]):
    """Rows of one table: get, save, delete. Never commits.

    Attributes:
        model: the table.
        kind: the word for a row in messages.
    """

    model: ClassVar[type[Any]]
    kind: ClassVar[str]

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, row_id: UUID, *, for_update: bool = False) -> Row:
        lock = LOCK if for_update else None
        row: Row | None = await self._session.get(self.model, row_id, with_for_update=lock)
        if row is None:
            raise NotFoundError.of(self.kind, row_id)
        return row

    async def find(self, row_id: UUID) -> Row | None:
        row: Row | None = await self._session.get(self.model, row_id)
        return row

    async def find_many(self, row_ids: Collection[UUID], *, for_update: bool = False) -> list[Row]:
        rows = select(self.model).where(one_of(self.model.id, row_ids))
        if for_update:
            # In a fixed order: otherwise two requests could deadlock.
            rows = rows.order_by(col(self.model.id)).with_for_update(**LOCK)
        return list((await self._session.exec(rows)).all())

    async def known(self, row_ids: Collection[UUID]) -> set[UUID]:
        ids = select(self.model.id).where(one_of(self.model.id, row_ids))
        return set((await self._session.exec(ids)).all())

    async def add_new(self, row: Row) -> None:
        model: Any = self.model
        if is_a_row_alone(model):
            cast(Writer, self._session).add_new(row)
        else:
            # There is more to it than the row.
            await self.save(row)

    async def save(self, row: Row) -> None:
        await self.save_many((row,))

    async def save_many(self, rows: Collection[Row]) -> None:
        self._session.add_all(rows)
        try:
            await self._session.flush()
        except EXPLAINED as error:
            explain(error)

    async def delete(self, row: Row) -> None:
        await self._session.delete(row)
        try:
            await self._session.flush()
        except EXPLAINED as error:
            explain(error)

    async def add_missing(self, rows: Sequence[Row]) -> int:
        return len(await self._insert_missing(rows))

    async def _change_all(self, *conditions: ColumnElement[bool], **values: Any) -> list[UUID]:
        """Change rows that were not read, and increment their versions.

        Returns their ids.
        """
        moved = {"version": self.model.version + 1, "updated_at": now()}
        locked = in_order(col(self.model.id), *conditions)
        statement = update(self.model).where(locked).values(**moved, **values)
        changed = statement.returning(self.model.id)
        found = await self._session.exec(changed.execution_options(synchronize_session=False))
        return sorted(found.scalars())

    async def _insert_missing(self, rows: Sequence[Row]) -> set[UUID]:
        if not rows:
            return set()
        columns = inspect(self.model).columns.keys()
        values = [{name: getattr(row, name) for name in columns} for row in rows]
        statement = insert(self.model).on_conflict_do_nothing().returning(col(self.model.id))
        connection = await self._session.connection()
        try:
            added = await connection.execute(statement, values)
        except EXPLAINED as error:
            explain(error)
        return set(added.scalars())
