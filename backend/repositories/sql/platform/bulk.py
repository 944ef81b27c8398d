"""Many rows at once: each statement takes them as one parameter, a JSON array.

So PostgreSQL parses the values, and 500 rows block the event loop for a few milliseconds; the
mapper would need ten times as long, and send an UPDATE for each row.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import (
    Column,
    ColumnElement,
    Insert,
    SQLColumnExpression,
    TableValuedAlias,
    Text,
    column,
    func,
    insert,
    inspect,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import SQLModel, select as select_models

from backend.models.platform.mixins import Versioned, now
from backend.models.platform.paging import PageQuery
from backend.repositories.sql.platform.constraints import EXPLAINED, explain
from backend.repositories.sql.platform.contention import LOCK
from backend.repositories.sql.platform.filters import one_of
from backend.repositories.sql.platform.lists import SqlList

Row = TypeVar("Row", bound=Versioned)
Query = TypeVar("Query", bound=PageQuery)

_KEPT = {"id", "created_at", "version", "updated_at"}


class SqlBulkList(SqlList[Row, Query], Generic[Row, Query]):
    """A list that can be imported."""

    def key(self) -> SQLColumnExpression[Any] | None:
        """The column that identifies rows besides their ids."""
        return None

    async def find_matches(
        self, row_ids: Collection[UUID], keys: Collection[str], *, for_update: bool = False
    ) -> list[Row]:
        matching: ColumnElement[bool] = one_of(self.model.id, row_ids)
        key = self.key()
        if key is not None:
            matching = or_(matching, one_of(key, keys))
        # In a fixed order: otherwise two imports could deadlock.
        found = select_models(self.model).where(matching).order_by(self.model.id)
        locked = found.with_for_update(**LOCK) if for_update else found
        rows: Sequence[Row] = (await self._session.exec(locked)).all()
        for row in rows:
            self._session.expunge(row)
        return list(rows)

    async def insert_all(self, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            defaults = {
                name: field.get_default(call_default_factory=True)
                for name, field in self.model.model_fields.items()
                if not field.is_required()
            }
            defaults["updated_at"] = defaults["created_at"]
            await self._send(insertion(self.model, [{**defaults, **row} for row in rows]))

    async def update_all(self, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            columns = _columns(self.model)
            given = _recordset(columns, rows)
            changed = {each.name: given.c[each.name] for each in columns if each.name not in _KEPT}
            moved = {"version": self.model.version + 1, "updated_at": now()}
            statement = update(self.model).where(self.model.id == given.c.id)
            await self._send(statement.values(**changed, **moved))

    async def lock_versions(self, versions: Mapping[UUID, int]) -> set[UUID]:
        if not versions:
            return set()
        # One by one: there may be as many of them as a file has rows.
        ids = ({"id": row_id, "version": version} for row_id, version in versions.items())
        columns = [each for each in _columns(self.model) if each.name in {"id", "version"}]
        given = select(_recordset(columns, ids)).cte("wanted")
        model = self.model
        held = select(model.id, model.version).join(given, model.id == given.c.id)
        locked = held.order_by(model.id).with_for_update(of=model, **LOCK).cte("locked")
        same = (locked.c.id == given.c.id) & (locked.c.version == given.c.version)
        moved = select(given.c.id).outerjoin(locked, same).where(locked.c.id.is_(None))
        return set((await self._send(moved)).scalars())

    async def _send(self, statement: Any) -> Any:
        connection = await self._session.connection()
        try:
            return await connection.execute(statement)
        except EXPLAINED as error:
            explain(error)


def insertion(model: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> Insert:
    """A statement that adds the rows to the table of the model."""
    columns = _columns(model)
    names = [each.name for each in columns]
    return insert(model).from_select(names, select(_recordset(columns, rows)))


def _columns(model: type[SQLModel]) -> list[Column[Any]]:
    return list(inspect(model).columns)


def _recordset(
    columns: Sequence[Column[Any]], rows: Iterable[Mapping[str, Any]]
) -> TableValuedAlias:
    """Pass rows as a table expression."""
    given = literal(to_json(rows).decode(), Text()).cast(JSONB)
    typed = [column(each.name, each.type) for each in columns]
    # A separate name: elsewhere in the statement the rows use the table's name.
    return func.jsonb_to_recordset(given).table_valued(*typed).render_derived("given", True)
