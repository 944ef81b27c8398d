"""Translates errors of the database, above all violated constraints, into messages.

The models declare the messages beside the constraint (`models/platform/meanings.py`). A foreign key
without one is explained by its column and the table that it refers to.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any, NoReturn

from psycopg.errors import IntegrityError as DriverIntegrityError
from sqlalchemy import Column, Constraint, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.dialects.postgresql import ExcludeConstraint, dialect
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError

from backend.core.errors import ConflictError, DomainError, unknown_reference
from backend.models.platform.base import metadata
from backend.models.platform.meanings import KEPT, REFERENCE, TAKEN
from backend.repositories.sql.platform.contention import contention

_OF_OTHERS = {
    "procrastinate_jobs_queueing_lock_idx_v1": (
        "The same job is already waiting: its next run does the remaining work."
    ),
}
"""By the name of a unique index that no model declares."""

_NAMES = dialect().identifier_preparer  # type: ignore[no-untyped-call]  # it has no types

EXPLAINED = (IntegrityError, OperationalError, StaleDataError)
"""The errors that may have a meaning."""

_CHANGED = "Somebody else changed it at the same time: read it again, then repeat the change."


def explain(error: Exception) -> NoReturn:
    """Raise the domain error that the violation of a unique constraint or a foreign key means.

    And that contention between transactions means, too; see `contention.py`. Other errors are
    raised as they are.
    """
    match error:
        case IntegrityError():
            known = _meaning(error)
        case StaleDataError():
            known = ConflictError(_CHANGED)
        case OperationalError():
            known = contention(error)
        case _:
            known = None
    if known is None:
        raise error
    raise known from error


def _meaning(error: IntegrityError) -> DomainError | None:
    cause = error.orig
    name = cause.diag.constraint_name if isinstance(cause, DriverIntegrityError) else None
    if name is None:
        return None
    if message := _OF_OTHERS.get(name) or _unique().get(name, {}).get(TAKEN):
        return ConflictError(message)
    if name not in _foreign_keys():
        return None
    if (error.statement or "").lstrip().upper().startswith("DELETE"):
        return ConflictError(_meaning_of_key(name).get(KEPT) or _still_referred(name))
    return unknown_reference(*(_meaning_of_key(name).get(REFERENCE) or _reference(name)))


@cache
def _unique() -> dict[str, dict[Any, Any]]:
    return dict(unique_constraints())


def unique_constraints() -> Iterator[tuple[str, dict[Any, Any]]]:
    """Return the name of each unique or exclusion constraint and index with its message."""
    for table in metadata.tables.values():
        for constraint in table.constraints:
            if isinstance(constraint, UniqueConstraint):
                yield _stored(constraint), _noted(constraint, list(constraint.columns))
            elif isinstance(constraint, ExcludeConstraint):
                yield _stored(constraint), constraint.info
        for index in table.indexes:
            if index.unique:
                yield str(index.name), index.info


def _noted(constraint: UniqueConstraint, columns: list[Column[Any]]) -> dict[Any, Any]:
    """Return its note, or that of its column if it has only one."""
    return constraint.info or (columns[0].info if len(columns) == 1 else {})


@cache
def _foreign_keys() -> dict[str, ForeignKeyConstraint]:
    return {
        _stored(key): key
        for table in metadata.tables.values()
        for key in table.foreign_key_constraints
    }


def _stored(constraint: Constraint) -> str:
    """Return its name as the database has it: SQLAlchemy shortens what is too long."""
    return str(_NAMES.format_constraint(constraint))


def _meaning_of_key(name: str) -> dict[Any, Any]:
    [column, *_] = _foreign_keys()[name].columns
    return column.info


def _still_referred(name: str) -> str:
    rows = _foreign_keys()[name].table.name.replace("_", " ")
    return f"Other rows ({rows}) still refer to it: delete or change them first."


def _reference(name: str) -> tuple[str, str]:
    """Return the field, and the word for a row of the referred table."""
    key = _foreign_keys()[name]
    return key.column_keys[0], key.referred_table.name.removesuffix("s").replace("_", " ")
