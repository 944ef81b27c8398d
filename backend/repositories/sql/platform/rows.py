"""Builds rows of models and named tuples from the driver's results.

Values in the database were validated on their way there, and a reading unit changes nothing that
needs tracking. So a row needs neither its constructor nor an identity, only its values.
"""

from collections import namedtuple
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Enum, Float, Numeric, inspect
from sqlalchemy.dialects.postgresql import ENUM
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Mapper, RelationshipProperty
from sqlalchemy.types import TypeEngine
from sqlmodel.sql.sqltypes import UTCDateTime

Values = Sequence[Any]
Make = Callable[[Sequence[Values]], list[Any]]
"""Builds rows from the driver's values."""

Read = Callable[[Any], Any]
Readers = Sequence[Read | None]
"""The conversion of each column; None if the driver's value needs none."""

_NOTHING_SET: frozenset[str] = frozenset()
_new, _set = object.__new__, object.__setattr__


def make_values(readers: Readers) -> Make:
    [read] = readers
    return lambda rows: [value if read is None else read(value) for (value,) in rows]


def make_tuples(names: Sequence[str], readers: Readers) -> Make:
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


def make_entities(model: Any, names: Sequence[str], readers: Readers, others: int) -> Make:
    """Builds rows of the model, or with further values, named tuples of both."""
    first = len(names) - others
    own = zip(names[:first], readers[:first], strict=True)
    changing = [(name, read) for name, read in own if read is not None]
    if not others:
        return lambda rows: [_entity(model, names, changing, values) for values in rows]
    more = make_tuples(names[first:], readers[first:])

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
    # Like its constructor, without validation.
    row = _new(model)
    _set(row, "__dict__", found)
    _set(row, "__pydantic_fields_set__", _NOTHING_SET)
    _set(row, "__pydantic_extra__", None)
    _set(row, "__pydantic_private__", None)
    return row


def reader_of(kind: TypeEngine[Any], dialect: Dialect) -> Read | None:
    """Return the conversion of the driver's value; None if it needs none."""
    if isinstance(kind, UTCDateTime):
        # The sessions of our connections are in UTC.
        return None
    if isinstance(kind, Enum) and kind.enum_class is not None:
        members = {None: None, **{member.value: member for member in kind.enum_class}}
        return members.__getitem__
    if isinstance(kind, ENUM):
        # The driver does not know custom types, and returns them as received.
        return lambda value: value.decode() if isinstance(value, bytes) else value
    if isinstance(kind, Numeric | Float):
        # These need no conversion: NUMERIC is a Decimal, FLOAT a float.
        return None if kind.asdecimal is not isinstance(kind, Float) else float
    return kind.dialect_impl(dialect).result_processor(dialect, None)


@cache
def is_plain(model: Any) -> bool:
    """Whether a row consists of its columns and eager relationships only."""
    mapper: Mapper[Any] = inspect(model)
    columns = all(each.key == each.columns[0].name for each in mapper.column_attrs)
    others = len(mapper.attrs) - len(mapper.column_attrs)
    return columns and others == len(relations_of(model))


@cache
def is_a_row_alone(model: Any) -> bool:
    """Whether a row consists of its columns only."""
    return is_plain(model) and not relations_of(model)


@cache
def relations_of(model: Any) -> Sequence[RelationshipProperty[Any]]:
    """Return the eager relationships."""
    mapper: Mapper[Any] = inspect(model)
    return [each for each in mapper.relationships if each.lazy == "selectin"]
