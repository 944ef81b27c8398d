"""Full-text queries on the column `search` of each table: see `models/platform/full_text.py`.

A common word is found fastest by scanning an index in the requested order; a rare one by the index
of words. The planner can't distinguish them: for a prefix it always estimates one row in fifty. So
a sample of the newest rows decides, within the statement, and the fences (`LIMIT`, `OFFSET 0`)
enforce the plan.
"""

from collections.abc import Sequence
from typing import Any

import sqlmodel
from sqlalchemy import (
    ColumnElement,
    Double,
    Integer,
    ScalarSelect,
    Select,
    Subquery,
    Table,
    and_,
    case,
    cast,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlmodel import SQLModel
from sqlmodel.sql.expression import SelectOfScalar

from backend.models.platform.full_text import SEARCH_COLUMN

MAX_RANKED = 1000
"""Ranking reads each match: for a common word, only the newest rows are ranked."""

_SAMPLE = 1000
_COMMON = 20
"""A word is common if at least so many rows of the sample have it."""

_COMMON_TO_COUNT = 150
"""More for counts, which sort nothing and take more rows: the index of words is faster longer."""


def text_query(q: str) -> ColumnElement[Any]:
    return func.search_query(q, type_=TSQUERY())


def is_search(sql: str) -> bool:
    """Whether a statement searches for words, which should then not be prepared.

    PostgreSQL's generic plan of a prepared statement would parse the words for every row.
    """
    return "search_query(" in sql


def marked_words(q: str) -> ColumnElement[Any]:
    """The words to mark in snippets: the whole query, or a dozen different words."""
    return func.search_marks(q, type_=TSQUERY())


def matches(model: type[SQLModel], q: str) -> ColumnElement[bool]:
    return _document(model).op("@@")(text_query(q))


def newest_matches(
    model: type[Any], words: ColumnElement[Any], conditions: Sequence[ColumnElement[bool]]
) -> Select[Any]:
    """The ids and ranks of the newest matches, in no order."""
    wanted = and_(_document(model).op("@@")(words), *conditions)
    order = (model.created_at.desc(), model.id.desc())
    newest = first_matches(model, wanted, order, MAX_RANKED).subquery()
    rank = func.ts_rank(newest.c[SEARCH_COLUMN], words)
    # As a double, it comes back from a cursor as it was.
    exact: ColumnElement[float] = cast(rank, Double())
    return select(newest.c.id, exact.label("rank"))


def first_matches(
    model: type[Any],
    wanted: ColumnElement[bool],
    order: Sequence[ColumnElement[Any]],
    count: int,
    *place: ColumnElement[bool],
) -> Select[Any]:
    """Select ids and documents of the next rows after a position in the order."""
    columns = (model.id.label("id"), _document(model).label(SEARCH_COLUMN))
    length = _length_of_walk(model, wanted, count, _COMMON)
    walk = (
        select(*columns, wanted.label("is_wanted"))
        .where(*place)
        .order_by(*order)
        .limit(length)
        .subquery()
    )
    walked = select(walk.c.id, walk.c[SEARCH_COLUMN]).where(walk.c.is_wanted).limit(count).cte()
    enough = select(func.count() == count).select_from(walked).scalar_subquery()
    keys = [key.element.label(f"key_{n}") for n, key in enumerate(order)]
    looked_up = select(*columns, *keys).where(wanted, *place, ~enough).offset(0).subquery()
    sorted_up = (
        select(looked_up.c.id, looked_up.c[SEARCH_COLUMN])
        .order_by(*(_same_direction(key, looked_up.c[f"key_{n}"]) for n, key in enumerate(order)))
        .limit(count)
        .subquery()
    )
    either = union_all(select(walked).where(enough), select(sorted_up)).subquery()
    return select(either)


def count_matches(model: type[Any], wanted: ColumnElement[bool], most: int) -> SelectOfScalar[int]:
    """Select how many rows match, up to a number."""
    newest = _newest(model, wanted, _length_of_walk(model, wanted, most, _COMMON_TO_COUNT))
    walked = _count(select(literal(1)).where(newest.c.is_wanted).limit(most))
    looked_up = _count(select(model.id).where(wanted).limit(most))
    return sqlmodel.select(case((walked == most, most), else_=looked_up))


def _count(rows: Select[Any]) -> ScalarSelect[Any]:
    return select(func.count()).select_from(rows.subquery()).scalar_subquery()


def _length_of_walk(
    model: type[Any], wanted: ColumnElement[bool], count: int, common: int
) -> ScalarSelect[Any]:
    """How many rows to read for so many matches; none for rare words."""
    newest = _newest(model, wanted, _SAMPLE)
    found = select(func.count().filter(newest.c.is_wanted).label("found")).cte()
    rows = literal(count * _SAMPLE * 3 // 2, Integer()) // found.c.found
    return select(case((found.c.found >= common, rows), else_=0)).scalar_subquery()


def _newest(
    model: type[Any], wanted: ColumnElement[bool], count: int | ScalarSelect[Any]
) -> Subquery:
    rows = select(wanted.label("is_wanted"))
    return rows.order_by(model.created_at.desc(), model.id.desc()).limit(count).subquery()


def _same_direction(key: Any, column: ColumnElement[Any]) -> ColumnElement[Any]:
    return column.desc() if key.compare(key.element.desc()) else column.asc()


def _document(model: type[SQLModel]) -> ColumnElement[Any]:
    table: Table = model.__table__  # type: ignore[attr-defined]  # it is a table
    return table.c[SEARCH_COLUMN]
