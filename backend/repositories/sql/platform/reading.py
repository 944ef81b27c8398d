"""Replaces the session in a reading unit: single statements without SQLAlchemy's mapper."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ARRAY, any_, literal
from sqlalchemy.orm import RelationshipProperty
from sqlalchemy.orm.attributes import manager_of_class, set_committed_value
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.database import Database
from backend.core.scoped_database import ScopedDatabase
from backend.core.scopes import Scope
from backend.repositories.sql.platform.prepared import Prepared, prepared_for
from backend.repositories.sql.platform.rows import is_plain, relations_of
from backend.repositories.sql.platform.templates import Template

Row = TypeVar("Row")


class Found(Generic[Row]):
    """The result of a statement, with the methods of SQLAlchemy's results that we use."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)

    def all(self) -> Sequence[Row]:
        return self._rows

    def first(self) -> Row | None:
        return self._rows[0] if self._rows else None

    def one_or_none(self) -> Row | None:
        return self.one() if self._rows else None

    def one(self) -> Row:
        [row] = self._rows
        return row

    def scalar_one(self) -> Any:
        """The first value of the only row."""
        return self.one()[0]  # type: ignore[index]  # asked of named tuples


class Reader:
    """The read methods of a session that repositories use. Holds a connection per statement only.

    Statements that can't be prepared go to a session of SQLAlchemy, opened for the first of them.

    Attributes:
        scope: whose rows it sees; None where there is one organisation.
        opened: this session; None until then.
    """

    def __init__(self, database: Database | ScopedDatabase) -> None:
        self._database = database
        self.scope: Scope | None = database.scope
        self._prepared = prepared_for(database.engine.dialect)
        self.opened: AsyncSession | None = None

    async def get(self, model: Any, key: Any, with_for_update: None = None) -> Any:
        if not (isinstance(key, UUID) and is_plain(model)):
            return await self._mapper.get(model, key)
        by_id = self._prepared.by_id(model)
        rows = await by_id.fetch(self._database.statements, {"id": key})
        for relation in by_id.relations:
            await self._relate(rows, relation)
        return rows[0] if rows else None

    async def exec(self, statement: Any) -> Any:
        """Run a statement, or the one of a template.

        Returns:
            Rows of a model or values if it selects one of these, and named tuples otherwise.
        """
        if isinstance(statement, Template):
            found = self._prepared.fill(statement)
            return await self._run(*found) if found else await self._mapper.exec(statement.build())
        found = self._prepared.find(statement, {})
        return await self._run(*found) if found else await self._mapper.exec(statement)

    async def execute(self, statement: Any, parameters: Mapping[str, Any] | None = None) -> Any:
        """Like `exec`, with values for the named parameters of the statement."""
        if found := self._prepared.find(statement, parameters or {}):
            return await self._run(*found)
        connection = await self._mapper.connection()
        return await connection.execute(statement, parameters)

    async def connection(self) -> "Reader":
        return self

    def expunge(self, row: Any) -> None:
        """Does nothing: rows are not tracked here."""
        manager_of_class(type(row)).setup_instance(row)
        object.__setattr__(row, "__pydantic_fields_set__", set[str]())
        model: Any = type(row)
        for relation in relations_of(model):
            related = row.__dict__.pop(relation.key)
            for each in related:
                self.expunge(each)
            set_committed_value(row, relation.key, related)

    def add_all(self, _rows: object) -> None:
        raise RuntimeError("a reading unit of work can't write; open one with uow(by)")

    add = add_new = delete = add_all

    @property
    def _mapper(self) -> AsyncSession:
        if self.opened is None:
            self.opened = self._database.reading_session()
        return self.opened

    async def _run(self, prepared: Prepared, values: Mapping[str, Any]) -> Found[Any]:
        rows = await prepared.run(self._database.statements, values)
        for relation in prepared.relations:
            # If there are further values, the row is the first element of a tuple.
            entities = [row[0] if type(row) is tuple else row for row in rows]
            await self._relate(entities, relation)
        return Found(rows)

    async def _relate(self, rows: Sequence[Any], relation: RelationshipProperty[Any]) -> None:
        """Load the related rows of all rows in one statement."""
        [(own, theirs)] = relation.local_remote_pairs
        related: defaultdict[Any, list[Any]] = defaultdict(list)
        if rows:
            keys = any_(literal([getattr(row, own.name) for row in rows], ARRAY(own.type)))
            statement = select(relation.mapper.class_).where(theirs == keys)
            for row in await self.exec(statement.order_by(*(relation.order_by or ()))):
                related[getattr(row, theirs.name)].append(row)
        for row in rows:
            row.__dict__[relation.key] = related[getattr(row, own.name)]
