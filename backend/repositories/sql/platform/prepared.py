"""Statements compiled once for each shape, with the functions that build rows from results."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol, cast

from sqlalchemy import CompoundSelect, Select, bindparam, inspect
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import RelationshipProperty
from sqlmodel import select
from sqlmodel.sql.expression import SelectOfScalar

from backend.repositories.sql.platform.full_text import is_search
from backend.repositories.sql.platform.rows import (
    Make,
    Readers,
    is_plain,
    make_entities,
    make_tuples,
    make_values,
    reader_of,
    relations_of,
)
from backend.repositories.sql.platform.templates import Places, Template, shape_of

_MAX_DATABASES = 8


class Runs(Protocol):
    """Runs single statements; see `Statements.run`."""

    async def run(
        self, sql: str, parameters: Mapping[str, Any], *, prepare: bool | None = None
    ) -> list[tuple[Any, ...]]: ...


_MAX_KEPT = 500
"""The number of shapes kept, as filters have many combinations."""


class Prepared:
    """A compiled statement with the function that builds rows from its results.

    Attributes:
        prepare: as `Statements.run` takes it.
    """

    def __init__(
        self,
        compiled: Any,
        rows: Make,
        relations: Sequence[RelationshipProperty[Any]],
    ) -> None:
        self.sql = str(compiled)
        self.prepare = False if is_search(self.sql) else None
        self.relations = relations
        self._rows = rows
        self._compiled = compiled
        self._binders = compiled._bind_processors  # noqa: SLF001  # what SQLAlchemy binds with

    def parameters(self, given: Mapping[str, Any], extracted: Any = None) -> dict[str, Any]:
        values = self._compiled.construct_params(given, extracted_parameters=extracted)
        for name, bind in self._binders.items():
            values[name] = bind(values[name])
        return cast(dict[str, Any], values)

    async def fetch(self, statements: Runs, given: Mapping[str, Any]) -> list[Any]:
        """Run it with values for its named parameters, and return the rows."""
        return await self.run(statements, self.parameters(given))

    async def run(self, statements: Runs, values: Mapping[str, Any]) -> list[Any]:
        """Run it with all its parameters, and return the rows."""
        return self._rows(await statements.run(self.sql, values, prepare=self.prepare))


class PreparedStatements:
    """The prepared statements of one database, by shape. None: SQLAlchemy itself runs it."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._plain: dict[Any, Prepared | None] = {}
        self._filled: dict[Any, tuple[Prepared, Places] | None] = {}
        self._by_id: dict[Any, Prepared] = {}
        self._changes: dict[Any, Prepared] = {}

    def find(
        self, statement: Any, given: Mapping[str, Any]
    ) -> tuple[Prepared, dict[str, Any]] | None:
        """Return the statement and the values of its parameters; `given` are the named ones."""
        shape = shape_of(statement)
        if shape.key not in self._plain:
            _make_room(self._plain)
            self._plain[shape.key] = _prepare(statement, shape, self._dialect)
        prepared = self._plain[shape.key]
        if prepared is None:
            return None
        return prepared, prepared.parameters(given, shape.bindparams)

    def fill(self, template: Template) -> tuple[Prepared, dict[str, Any]] | None:
        """Like `find`, for the statement of a template."""
        if template.key not in self._filled:
            _make_room(self._filled)
            self._filled[template.key] = self._prepare_template(template)
        known = self._filled[template.key]
        if known is None:
            return None
        prepared, places = known
        return prepared, prepared.parameters({}, places.filled(template.values))

    def by_id(self, model: Any) -> Prepared:
        """Return the statement that reads a row by the parameter `id`."""
        if model not in self._by_id:
            statement = select(model).where(inspect(model).columns["id"] == bindparam("id"))
            prepared = _prepare(statement, shape_of(statement), self._dialect)
            self._by_id[model] = cast(Prepared, prepared)
        return self._by_id[model]

    def change(self, statement: Any) -> Prepared:
        """Return a statement with named parameters that changes rows, and returns none."""
        if statement not in self._changes:
            compiled = statement.compile(dialect=self._dialect)
            self._changes[statement] = Prepared(compiled, list, ())
        return self._changes[statement]

    def _prepare_template(self, template: Template) -> tuple[Prepared, Places] | None:
        statement = template.build()
        shape = shape_of(statement)
        prepared = _prepare(statement, shape, self._dialect)
        places = Places.of(template.values, shape.bindparams)
        return (prepared, places) if prepared and places else None


def _make_room(kept: dict[Any, Any]) -> None:
    if len(kept) >= _MAX_KEPT:
        kept.clear()


def _prepare(statement: Any, shape: Any, dialect: Dialect) -> Prepared | None:
    if not isinstance(statement, Select | CompoundSelect):
        return None
    compiled = statement.compile(dialect=dialect, cache_key=shape)
    # Lists (`IN`) would change the statement at each run: see `one_of`.
    if compiled.post_compile_params:
        return None
    columns = compiled._result_columns  # noqa: SLF001  # without those that are deferred
    names = [column.keyname for column in columns]
    readers = [reader_of(column.type, dialect) for column in columns]
    described = statement.column_descriptions if isinstance(statement, Select) else []
    models = [each["expr"] for each in described if each["expr"] is each.get("entity")]
    if models:
        return _prepare_entities(compiled, names, readers, described, models)
    is_scalar = isinstance(statement, SelectOfScalar)
    make = make_values(readers) if is_scalar else make_tuples(names, readers)
    return Prepared(compiled, make, ())


def _prepare_entities(
    compiled: Any,
    names: Sequence[str],
    readers: Readers,
    described: Sequence[Any],
    models: Sequence[Any],
) -> Prepared | None:
    """With one model, and first of all; values may stand behind it."""
    [model, *more] = models
    if more or described[0]["expr"] is not model or not is_plain(model):
        return None
    make = make_entities(model, names, readers, len(described) - 1)
    return Prepared(compiled, make, relations_of(model))


@lru_cache(_MAX_DATABASES)
def prepared_for(dialect: Dialect) -> PreparedStatements:
    """Return those of the database with this dialect. A process has one, tests have more."""
    return PreparedStatements(dialect)
