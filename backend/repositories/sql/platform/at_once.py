"""Writes all changes of a unit, with events, jobs and notices, in one statement: a transaction.

It takes one round trip, where a session takes five: begin, rows, events, jobs, commit.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import CTE, Select, bindparam, insert, inspect, select, text, update
from sqlalchemy.engine import Dialect
from sqlmodel import SQLModel

from backend.models.platform.idempotency import IdempotentRequest
from backend.models.platform.job_requests import JobRequest
from backend.repositories.sql.platform.changing import Change
from backend.repositories.sql.platform.claiming import PendingClaim, claimed
from backend.repositories.sql.platform.contention import LOCK

Addition = tuple[type[SQLModel], Mapping[str, Any]]
"""A table, and the values of a new row by the names of its columns."""

Notice = tuple[str, str]
"""A channel and a payload."""

_JOBS = text(
    "(SELECT procrastinate_defer_jobs_v1(array_agg("
    "ROW(queue, task, 0, NULL, NULL, args::jsonb, NULL)::procrastinate_job_to_defer_v1))"
    " FROM unnest(CAST(:queues AS text[]), CAST(:tasks AS text[]), CAST(:args AS text[]),"
    " CAST(:demands AS text[])) AS job(queue, task, args, demand)"
    " WHERE demand IS NULL OR EXISTS (SELECT FROM event_demands AS there"
    " WHERE there.task = job.task AND there.event_type = job.demand)"
    " HAVING count(*) > 0)"
)
_NOTICES = text(
    "(SELECT count(pg_notify(channel, payload))"
    " FROM unnest(CAST(:channels AS text[]), CAST(:payloads AS text[])) AS _(channel, payload))"
)
_MAX_SHAPES = 500
"""How many statements are cached."""


@dataclass(slots=True)
class Written:
    """Everything to write.

    Attributes:
        change: of a row that was read without a lock. If the row has changed, nothing is written.
        claim: of a key. If another request has it, nothing is written. Not with a change.
    """

    change: Change | None = None
    claim: PendingClaim | None = None
    additions: Sequence[Addition] = ()
    jobs: Sequence[JobRequest] = ()
    notices: Sequence[Notice] = ()

    def __bool__(self) -> bool:
        changed = self.change is not None and self.change.values
        return bool(changed or self.claim or self.additions or self.jobs or self.notices)

    def parameters(self) -> dict[str, Any]:
        """Return the parameters that are not values of columns."""
        given: dict[str, Any] = {}
        if self.change:
            given |= {"held_id": self.change.row_id, "held_version": self.change.version}
        if self.claim:
            given["name"] = self.claim.lock
        if self.jobs:
            given["queues"] = [str(job.queue) for job in self.jobs]
            given["tasks"] = [job.task for job in self.jobs]
            given["args"] = [json.dumps(job.args) for job in self.jobs]
            given["demands"] = [job.demand for job in self.jobs]
        if self.notices:
            channels, payloads = zip(*self.notices, strict=True)
            given |= {"channels": list(map(str, channels)), "payloads": list(payloads)}
        return given


def addition(row: SQLModel) -> Addition:
    table: Any = type(row)
    names = inspect(table).columns.keys()
    return table, {name: getattr(row, name) for name in names}


def statement_writing(written: Written, dialect: Dialect) -> tuple[str, dict[str, Any]]:
    """Return the statement and its parameters.

    It returns nothing if the changed row was stale, or the key another request's.
    """
    change, claim = written.change, written.claim
    shape = _Shape(
        (change.table, tuple(change.values)) if change else None,
        claim is not None,
        tuple(table for table, _ in written.additions),
        bool(written.jobs),
        bool(written.notices),
    )
    rows = [values for _, values in written.additions]
    rows += [change.values] if change else []
    rows += [claim.row] if claim else []
    prepared, given = _prepared(shape, dialect), written.parameters()
    return prepared.sql, given | prepared.parameters(rows)


class _Shape(NamedTuple):
    """Everything in which the texts of two statements may differ."""

    changed: tuple[type[SQLModel], tuple[str, ...]] | None
    has_claim: bool
    added: tuple[type[SQLModel], ...]
    has_jobs: bool
    has_notices: bool


@dataclass
class _Columns:
    """Names the parameters for the values of rows, in the order of the rows."""

    places: list[tuple[str, int, str]] = field(default_factory=list)
    """The name of the parameter, the index of the row, and the column."""

    def of_row(self, place: int, model: Any, names: Sequence[str]) -> dict[Any, Any]:
        columns = inspect(model).columns
        parameters = {}
        for name in names:
            parameter = f"{name}_{place}"
            self.places.append((parameter, place, name))
            parameters[columns[name]] = bindparam(parameter, type_=columns[name].type)
        return parameters


class _Prepared:
    def __init__(self, shape: _Shape, dialect: Dialect) -> None:
        columns = _Columns()
        compiled: Any = _statement(shape, columns).compile(dialect=dialect)
        self.sql = str(compiled)
        self._places = columns.places
        binders: Mapping[str, Any] = compiled._bind_processors  # noqa: SLF001  # as `reading`
        named = {name for name, _, _ in columns.places}
        self._binders = {name: bind for name, bind in binders.items() if name in named}

    def parameters(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Return the parameters for the values of rows."""
        values = {parameter: rows[place][name] for parameter, place, name in self._places}
        for parameter, bind in self._binders.items():
            values[parameter] = bind(values[parameter])
        return values


def _statement(shape: _Shape, columns: _Columns) -> Select[Any]:
    # Without a row of it, nothing is written.
    condition = _condition(shape, columns)
    parts = [
        _insertion(columns.of_row(place, model, inspect(model).columns.keys()), place, condition)
        for place, model in enumerate(shape.added)
    ]
    if condition is not None:
        parts.append(condition)
        if shape.changed and shape.changed[1]:
            parts.append(_update(columns.of_row(len(shape.added), *shape.changed), condition))
    announced = [_JOBS] * shape.has_jobs + [_NOTICES] * shape.has_notices
    statement = select(text("1"), *announced).add_cte(*parts)
    # Without a result row, no job is deferred and nothing is notified.
    return statement if condition is None else statement.select_from(condition)


def _condition(shape: _Shape, columns: _Columns) -> CTE | None:
    if shape.changed:
        return _held(*shape.changed)
    if shape.has_claim:
        names = inspect(IdempotentRequest).columns.keys()
        return claimed(columns.of_row(len(shape.added), IdempotentRequest, names))
    return None


def _held(model: Any, changed: Sequence[str]) -> CTE:
    """Lock the row if it has the expected version and is not locked, without waiting.

    Several may hold a row at a time that they leave as it is.
    """
    columns = inspect(model).columns
    found = select(columns["id"]).where(
        columns["id"] == bindparam("held_id"), columns["version"] == bindparam("held_version")
    )
    lock: dict[str, Any] = LOCK if changed else {"read": True}
    return found.with_for_update(**lock, skip_locked=True).cte("held")


def _insertion(values: Mapping[Any, Any], place: int, condition: CTE | None) -> CTE:
    columns = list(values)
    if condition is None:
        adding = insert(columns[0].table).values(values)
    else:
        given = select(*values.values()).select_from(condition)
        adding = insert(columns[0].table).from_select(columns, given)
    return adding.cte(f"added_{place}")


def _update(values: Mapping[Any, Any], held: CTE) -> CTE:
    table = next(iter(values)).table
    return update(table).where(table.c.id == held.c.id).values(values).cte("changed")


@lru_cache(_MAX_SHAPES)
def _prepared(shape: _Shape, dialect: Dialect) -> _Prepared:
    return _Prepared(shape, dialect)
