"""Filters that more than one list has."""

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, any_, literal
from sqlmodel import col

from backend.models.platform.mixins import Archivable, Archived, Timestamped
from backend.models.platform.paging import PageQuery, SearchableQuery


def not_put_aside(model: type[Archivable], archived: Archived) -> Iterator[ColumnElement[bool]]:
    if archived is Archived.NO:
        yield col(model.archived_at).is_(None)
    elif archived is Archived.ONLY:
        yield col(model.archived_at).is_not(None)


def created_between(model: type[Timestamped], query: PageQuery) -> Iterator[ColumnElement[bool]]:
    if isinstance(query, SearchableQuery):
        if query.created_after is not None:
            yield col(model.created_at) >= query.created_after
        if query.created_before is not None:
            yield col(model.created_at) < query.created_before


def equal_to(column: Any, value: Any) -> Iterator[ColumnElement[bool]]:
    """Nothing without a value."""
    if value is not None:
        yield column == value


def any_of(column: Any, values: Collection[Any]) -> Iterator[ColumnElement[bool]]:
    """Nothing without values."""
    if values:
        yield one_of(column, values)


def between(column: Any, after: Any, before: Any) -> Iterator[ColumnElement[bool]]:
    """From `after` on, and earlier than `before`: as far as they are given."""
    if after is not None:
        yield column >= after
    if before is not None:
        yield column < before


def one_of(column: Any, values: Collection[Any]) -> ColumnElement[bool]:
    """Whether the column has one of the values: one parameter for all, and one statement."""
    given: ColumnElement[bool] = column == any_(literal(list(values), ARRAY(column.type)))
    return given
