"""Writes new rows with their events, jobs and notices in one statement, which is a transaction.

It takes one round trip, where a session takes five: begin, rows, events, jobs, commit.
"""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, insert, inspect, select, text
from sqlalchemy.engine import Dialect
from sqlmodel import SQLModel

from backend.models.platform.job_requests import JobRequest

Addition = tuple[type[SQLModel], Mapping[str, Any]]
"""A table, and the values of a new row by the names of its columns."""

Notice = tuple[str, str]
"""A channel and a payload."""

_JOBS = text(
    "(SELECT procrastinate_defer_jobs_v1(array_agg("
    "ROW(queue, task, 0, NULL, NULL, args::jsonb, NULL)::procrastinate_job_to_defer_v1))"
    " FROM unnest(CAST(:queues AS text[]), CAST(:tasks AS text[]), CAST(:args AS text[]))"
    " AS _(queue, task, args))"
)
_NOTICES = text(
    "(SELECT count(pg_notify(channel, payload))"
    " FROM unnest(CAST(:channels AS text[]), CAST(:payloads AS text[])) AS _(channel, payload))"
)
_MAX_SHAPES = 500
"""The key of cached statements: the tables, and the number of rows for each."""


def addition(row: SQLModel) -> Addition:
    table: Any = type(row)
    names = inspect(table).columns.keys()
    return table, {name: getattr(row, name) for name in names}


def statement_adding(
    additions: Sequence[Addition],
    jobs: Sequence[JobRequest],
    notices: Sequence[Notice],
    dialect: Dialect,
) -> tuple[str, dict[str, Any]]:
    """The text of the statement, and its parameters."""
    tables = tuple(table for table, _ in additions)
    prepared = _prepared(tables, bool(jobs), bool(notices), dialect)
    parameters = prepared.parameters([values for _, values in additions])
    if jobs:
        parameters["queues"] = [str(job.queue) for job in jobs]
        parameters["tasks"] = [job.task for job in jobs]
        parameters["args"] = [json.dumps(job.args) for job in jobs]
    if notices:
        channels, payloads = zip(*notices, strict=True)
        parameters |= {"channels": list(map(str, channels)), "payloads": list(payloads)}
    return prepared.sql, parameters


class _Prepared:
    def __init__(self, tables: Sequence[Any], dialect: Dialect, *selected: Any) -> None:
        self._places: list[tuple[str, int, str]] = []
        """The index of the row and the column, by the name of each parameter."""
        insertions = [self._insertion(table, place) for place, table in enumerate(tables)]
        compiled: Any = select(*selected).add_cte(*insertions).compile(dialect=dialect)
        self.sql = str(compiled)
        self._binders: Mapping[str, Any] = compiled._bind_processors  # noqa: SLF001  # as `reading`

    def parameters(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        values = {parameter: rows[place][name] for parameter, place, name in self._places}
        for parameter, bind in self._binders.items():
            values[parameter] = bind(values[parameter])
        return values

    def _insertion(self, table: Any, place: int) -> Any:
        given = {}
        for name, column in inspect(table).columns.items():
            parameter = f"{name}_{place}"
            self._places.append((parameter, place, name))
            given[column.name] = bindparam(parameter, type_=column.type)
        return insert(table).values(given).cte(f"added_{place}")


@lru_cache(_MAX_SHAPES)
def _prepared(
    tables: tuple[Any, ...], has_jobs: bool, has_notices: bool, dialect: Dialect
) -> _Prepared:
    selected = [text("1"), *([_JOBS] if has_jobs else []), *([_NOTICES] if has_notices else [])]
    return _Prepared(tables, dialect, *selected)
