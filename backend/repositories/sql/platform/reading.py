"""Single statements past the mapper: the driver's rows become rows of the models as they are.

What comes from the database was validated on its way there, and a reading unit changes nothing that
would have to be watched. So a row needs neither its constructor nor an identity, only its values;
and a statement is compiled once for each shape that it has.
"""

from collections import defaultdict, namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Generic, TypeVar, cast
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CompoundSelect,
    Enum,
    Float,
    Numeric,
    Select,
    any_,
    bindparam,
    inspect,
    literal,
)
from sqlalchemy.dialects.postgresql import ENUM
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Mapper, RelationshipProperty
from sqlalchemy.orm.attributes import manager_of_class, set_committed_value
from sqlalchemy.types import TypeEngine
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar
from sqlmodel.sql.sqltypes import UTCDateTime

from backend.core.database import Database
from backend.repositories.sql.platform.templates import Places, Template, shape_of

Row = TypeVar("Row")
Values = Sequence[Any]

_NOTHING_SET: frozenset[str] = frozenset()
_new, _set = object.__new__, object.__setattr__


class Found(Generic[Row]):
    """What a statement has found; has the methods of SQLAlchemy's results that we use."""

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
    """Takes the place of a session in a reading unit. Holds a connection for one statement only.

    Statements that it can't prepare go to a session of SQLAlchemy, opened for the first of them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._opened: AsyncSession | None = None

    async def get(self, model: Any, key: Any, with_for_update: None = None) -> Any:
        if not (isinstance(key, UUID) and is_plain(model)):
            return await self._mapper.get(model, key)
        by_id = _by_id(model, self._database.engine.dialect)
        return (await self._run(by_id, by_id.parameters({"id": key}))).one_or_none()

    async def exec(self, statement: Any) -> Any:
        """Run a statement, or the one of a template.

        Returns:
            Rows of a model or values if it selects one of these, and named tuples otherwise.
        """
        if isinstance(statement, Template):
            found = await self._fill(statement)
            statement = statement.build() if found is None else statement
        else:
            found = await self._find(statement, {})
        return await self._mapper.exec(statement) if found is None else found

    async def execute(self, statement: Any, parameters: Mapping[str, Any] | None = None) -> Any:
        """As `exec`, with values for the parameters that the statement names."""
        found = await self._find(statement, parameters or {})
        if found is not None:
            return found
        connection = await self._mapper.connection()
        return await connection.execute(statement, parameters)

    async def connection(self) -> "Reader":
        return self

    def expunge(self, row: Any) -> None:
        """Make it a row that may be changed. None is watched here."""
        manager_of_class(type(row)).setup_instance(row)
        _set(row, "__pydantic_fields_set__", set())
        model: Any = type(row)
        for relation in _relations(model):
            related = row.__dict__.pop(relation.key)
            for each in related:
                self.expunge(each)
            set_committed_value(row, relation.key, related)

    def add_all(self, _rows: object) -> None:
        raise RuntimeError("a reading unit of work can't write; open one with uow()")

    add = add_new = delete = add_all

    async def close(self) -> None:
        if self._opened is not None:
            await self._opened.close()

    @property
    def _mapper(self) -> AsyncSession:
        if self._opened is None:
            self._opened = self._database.reading_session()
        return self._opened

    async def _find(self, statement: Any, parameters: Mapping[str, Any]) -> Found[Any] | None:
        shape = shape_of(statement)
        if shape.key not in _PREPARED:
            if len(_PREPARED) >= _MAX_PREPARED:
                _PREPARED.clear()
            _PREPARED[shape.key] = _prepare(statement, shape, self._database.engine.dialect)
        prepared = _PREPARED[shape.key]
        if prepared is None:
            return None
        return await self._run(prepared, prepared.parameters(parameters, shape.bindparams))

    async def _fill(self, template: Template) -> Found[Any] | None:
        if template.key not in _FILLED:
            if len(_FILLED) >= _MAX_PREPARED:
                _FILLED.clear()
            _FILLED[template.key] = _prepare_template(template, self._database.engine.dialect)
        known = _FILLED[template.key]
        if known is None:
            return None
        prepared, places = known
        return await self._run(prepared, prepared.parameters({}, places.filled(template.values)))

    async def _run(self, prepared: "_Prepared", values: Mapping[str, Any]) -> Found[Any]:
        rows = prepared.rows(await self._database.statements.run(prepared.sql, values))
        for relation in prepared.relations:
            # Where there are values behind each row, it is the first of a tuple.
            entities = [row[0] if type(row) is tuple else row for row in rows]
            await self._relate(entities, relation)
        return Found(rows)

    async def _relate(self, rows: Sequence[Any], relation: RelationshipProperty[Any]) -> None:
        """Give each row its related ones, read in one statement for all of them."""
        [(own, theirs)] = relation.local_remote_pairs
        related: defaultdict[Any, list[Any]] = defaultdict(list)
        if rows:
            keys = any_(literal([getattr(row, own.name) for row in rows], ARRAY(own.type)))
            statement = select(relation.mapper.class_).where(theirs == keys)
            for row in await self.exec(statement.order_by(*(relation.order_by or ()))):
                related[getattr(row, theirs.name)].append(row)
        for row in rows:
            row.__dict__[relation.key] = related[getattr(row, own.name)]


_PREPARED: dict[Any, "_Prepared | None"] = {}
"""By the shape of the statement; None if it can't be prepared."""

_FILLED: dict[Any, "tuple[_Prepared, Places] | None"] = {}
"""By the key of the template."""

_MAX_PREPARED = 500


class _Prepared:
    """A compiled statement, and what makes rows of what the driver answers."""

    def __init__(
        self,
        compiled: Any,
        rows: Callable[[Sequence[Values]], list[Any]],
        relations: Sequence[RelationshipProperty[Any]],
    ) -> None:
        self.sql = str(compiled)
        self.rows = rows
        self.relations = relations
        self._compiled = compiled
        self._binders = compiled._bind_processors  # noqa: SLF001  # what SQLAlchemy binds with

    def parameters(self, given: Mapping[str, Any], extracted: Any = None) -> dict[str, Any]:
        values = self._compiled.construct_params(given, extracted_parameters=extracted)
        for name, bind in self._binders.items():
            values[name] = bind(values[name])
        return cast(dict[str, Any], values)


def _prepare_template(template: Template, dialect: Dialect) -> "tuple[_Prepared, Places] | None":
    statement = template.build()
    shape = shape_of(statement)
    prepared = _prepare(statement, shape, dialect)
    places = Places.of(template.values, shape.bindparams)
    return (prepared, places) if prepared and places else None


def _prepare(statement: Any, shape: Any, dialect: Dialect) -> _Prepared | None:
    if not isinstance(statement, Select | CompoundSelect):
        return None
    compiled = statement.compile(dialect=dialect, cache_key=shape)
    # Lists (`IN`) would be written into the statement anew for each run: see `one_of`.
    if compiled.post_compile_params:
        return None
    columns = compiled._result_columns  # noqa: SLF001  # without those that are deferred
    names = [column.keyname for column in columns]
    readers = [_reader(column.type, dialect) for column in columns]
    described = statement.column_descriptions if isinstance(statement, Select) else []
    models = [each["expr"] for each in described if each["expr"] is each.get("entity")]
    if not models:
        make = (
            _values(readers) if isinstance(statement, SelectOfScalar) else _tuples(names, readers)
        )
        return _Prepared(compiled, make, ())
    [model, *more] = models
    if more or described[0]["expr"] is not model or not is_plain(model):
        return None
    make = _entities(model, names, readers, len(described) - 1)
    return _Prepared(compiled, make, _relations(model))


@cache
def _by_id(model: Any, dialect: Dialect) -> _Prepared:
    statement = select(model).where(inspect(model).columns["id"] == bindparam("id"))
    prepared = _prepare(statement, shape_of(statement), dialect)
    assert prepared is not None  # noqa: S101  # a plain model
    return prepared


Make = Callable[[Sequence[Values]], list[Any]]
Read = Callable[[Any], Any]
Readers = Sequence[Read | None]


def _values(readers: Readers) -> Make:
    [read] = readers
    return lambda rows: [value if read is None else read(value) for (value,) in rows]


def _tuples(names: Sequence[str], readers: Readers) -> Make:
    kind: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]  # its fields vary
    changing = [(at, read) for at, read in enumerate(readers) if read is not None]
    return lambda rows: [kind(*_read_all(values, changing)) for values in rows]


def _read_all(values: Values, changing: Sequence[tuple[int, Read]]) -> Values:
    if not changing:
        return values
    read = list(values)
    for at, reader in changing:
        read[at] = reader(read[at])
    return read


def _entities(model: Any, names: Sequence[str], readers: Readers, others: int) -> Make:
    """Rows of the model, or with values behind each of them, named tuples of both."""
    first = len(names) - others
    own = zip(names[:first], readers[:first], strict=True)
    changing = [(name, read) for name, read in own if read is not None]
    if not others:
        return lambda rows: [_entity(model, names, changing, values) for values in rows]
    more = _tuples(names[first:], readers[first:])

    def make(rows: Sequence[Values]) -> list[Any]:
        entities = [_entity(model, names[:first], changing, values[:first]) for values in rows]
        behind = more([values[first:] for values in rows])
        return [(entity, *values) for entity, values in zip(entities, behind, strict=True)]

    return make


def _entity(
    model: Any, names: Sequence[str], changing: Sequence[tuple[str, Read]], values: Values
) -> Any:
    found = dict(zip(names, values, strict=True))
    for name, read in changing:
        found[name] = read(found[name])
    # As its constructor would, without a look at each value.
    row = _new(model)
    _set(row, "__dict__", found)
    _set(row, "__pydantic_fields_set__", _NOTHING_SET)
    _set(row, "__pydantic_extra__", None)
    _set(row, "__pydantic_private__", None)
    return row


def _reader(kind: TypeEngine[Any], dialect: Dialect) -> Read | None:
    """What makes of the driver's value what the program has; None where it is that already."""
    if isinstance(kind, UTCDateTime):
        # The sessions of our connections are in UTC.
        return None
    if isinstance(kind, Enum) and kind.enum_class is not None:
        members = {None: None, **{member.value: member for member in kind.enum_class}}
        return members.__getitem__
    if isinstance(kind, ENUM):
        # The driver does not know the types of a database: it hands on what it has received.
        return lambda value: value.decode() if isinstance(value, bytes) else value
    if isinstance(kind, Numeric | Float):
        # Of the kind that is wanted already: NUMERIC is a Decimal, FLOAT a float.
        return None if kind.asdecimal is not isinstance(kind, Float) else float
    return kind.dialect_impl(dialect).result_processor(dialect, None)


@cache
def is_plain(model: Any) -> bool:
    """Whether a row is its columns by their names, and what relations read with it."""
    mapper: Mapper[Any] = inspect(model)
    columns = all(each.key == each.columns[0].name for each in mapper.column_attrs)
    others = len(mapper.attrs) - len(mapper.column_attrs)
    return columns and others == len(_relations(model))


@cache
def is_a_row_alone(model: Any) -> bool:
    """Whether nothing is written with a row but its columns."""
    return is_plain(model) and not _relations(model)


@cache
def _relations(model: Any) -> Sequence[RelationshipProperty[Any]]:
    mapper: Mapper[Any] = inspect(model)
    return [each for each in mapper.relationships if each.lazy == "selectin"]
