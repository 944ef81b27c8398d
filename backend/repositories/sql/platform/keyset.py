"""Keyset pagination: a page begins after the last row of the previous page.

Inserted and deleted rows do not shift pages, and the last page costs as much as the first. Every
sort ends in the id, so that the order is total, and sorts by an expression that is never NULL, so
that one row comparison, served by an index, is enough.
"""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from pydantic import Field, FiniteFloat, TypeAdapter, ValidationError
from pydantic_core import to_json
from sqlalchemy import ColumnElement, LargeBinary, Select, func, literal, tuple_

from backend.core.errors import InvalidCursorError
from backend.models.platform.fields import Day, Text, UtcDatetime
from backend.models.platform.paging import Page

Row = TypeVar("Row")
Statement = TypeVar("Statement", bound=Select[Any])

_BROKEN = "This list did not issue this cursor for this sort."


@dataclass(frozen=True)
class Sort(Generic[Row]):
    """One way to sort a list.

    Attributes:
        expression: what to sort by; never NULL.
        value: returns the expression's value for a row.
        kind: the type of that value, to read it back from a cursor.
        place: the expression for the value in a cursor; by default the value itself.
    """

    expression: ColumnElement[Any]
    value: Callable[[Row], Any]
    kind: TypeAdapter[Any]
    place: Callable[[Any], ColumnElement[Any]] | None = None

    def placed(self, value: Any) -> ColumnElement[Any]:
        return self.place(value) if self.place else literal(value, type_=self.expression.type)


MOMENT: TypeAdapter[Any] = TypeAdapter(UtcDatetime)
DAY: TypeAdapter[Any] = TypeAdapter(Day)
TEXT: TypeAdapter[Any] = TypeAdapter(Text)
RANK: TypeAdapter[Any] = TypeAdapter(Annotated[int, Field(ge=0, le=32_767)])
COUNT: TypeAdapter[Any] = TypeAdapter(Annotated[int, Field(ge=0, le=2**31 - 1)])
BIG_COUNT: TypeAdapter[Any] = TypeAdapter(Annotated[int, Field(ge=0, le=2**63 - 1)])
SCORE: TypeAdapter[Any] = TypeAdapter(FiniteFloat)
ROW_ID: TypeAdapter[Any] = TypeAdapter(UUID)


def by_column(column: Any, kind: TypeAdapter[Any]) -> Sort[Any]:
    """Sort by a column that is never NULL."""
    return Sort(column, attrgetter(column.key), kind)


def by_name(column: Any) -> Sort[Any]:
    """Sort by a column of names as people expect (`models/platform/sort_keys.py`); never NULL."""
    return Sort(_sort_key(column), attrgetter(column.key), TEXT, _sort_key)


def _sort_key(name: Any) -> ColumnElement[Any]:
    return func.sort_key(name, type_=LargeBinary())


@dataclass(frozen=True)
class Keyset(Generic[Row]):
    """The order of one list: the chosen sort (`-` before its name for descending), then the id."""

    list_name: str
    sort_name: str
    sort: Sort[Row]
    id: ColumnElement[Any]
    id_kind: TypeAdapter[Any] = ROW_ID

    def apply(self, statement: Statement, cursor: str | None, limit: int) -> Statement:
        """Order the statement, start after the cursor, and fetch one extra row."""
        return statement.where(*self.behind(cursor)).order_by(*self.order).limit(limit + 1)

    @property
    def order(self) -> list[ColumnElement[Any]]:
        return [key.desc() if self._descending else key.asc() for key in self._keys]

    def behind(self, cursor: str | None) -> list[ColumnElement[bool]]:
        """The condition for rows after the cursor; none without a cursor."""
        if cursor is None:
            return []
        place = tuple_(*self._keys)
        value, row_id = self._read(cursor)
        after = tuple_(self.sort.placed(value), literal(row_id, type_=self.id.type))
        return [place < after if self._descending else place > after]

    def page(self, rows: Sequence[Row], limit: int) -> Page[Row]:
        """Build the page from the rows of `apply`; an extra row means that more follow."""
        more = len(rows) > limit
        items = list(rows[:limit])
        # The rows come from the database: validating them again costs as much as reading them.
        return Page[Row].model_construct(
            items=items, next_cursor=self._write(items[-1]) if more else None, total=None
        )

    @property
    def _keys(self) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
        return self.sort.expression, self.id

    @property
    def _descending(self) -> bool:
        return self.sort_name.startswith("-")

    def _write(self, row: Row) -> str:
        value = self.sort.value(row)
        content = [
            self.list_name,
            self.sort_name,
            value.isoformat() if isinstance(value, date) else value,
            str(row.id),  # type: ignore[attr-defined]  # rows of lists have one
        ]
        # Not escaped: a long name of emoji would make it longer than a cursor may be.
        return base64.urlsafe_b64encode(to_json(content)).decode().rstrip("=")

    def _read(self, cursor: str) -> tuple[Any, Any]:
        try:
            padded = cursor + "=" * (-len(cursor) % 4)
            list_name, sort_name, value, row_id = json.loads(base64.urlsafe_b64decode(padded))
            if (list_name, sort_name) != (self.list_name, self.sort_name):
                raise InvalidCursorError(_BROKEN)
            return self.sort.kind.validate_python(value), self.id_kind.validate_python(row_id)
        except (ValueError, TypeError, AttributeError, RecursionError, ValidationError):
            raise InvalidCursorError(_BROKEN) from None
