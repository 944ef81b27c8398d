"""Which rows and columns are a person's, as the models declare it."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Select,
    Table,
    and_,
    bindparam,
    or_,
    select,
)

from backend.models.platform.base import metadata
from backend.models.platform.personal import PERSONAL

PERSON: ColumnElement[UUID] = bindparam("person")
"""The id of the person: give it as the parameter `person`."""

_USERS = metadata.tables["users"]
_EVENTS = metadata.tables["events"]
_TOLD = metadata.tables["personal_changes"]
_CASCADE = "CASCADE"
_HOLDERS = {"owner_id", "assignee_id"}


def passed_on() -> Iterator[Column[Any]]:
    """The columns that say whose something of the team is."""
    for table in metadata.sorted_tables:
        for key in table.foreign_keys:
            column = key.parent
            is_personal = key.ondelete is not None or _is_always_personal(column)
            if key.column.table is _USERS and column.name in _HOLDERS and not is_personal:
                yield column


def referring_to_personal() -> Iterator[tuple[Column[Any], Select[Any]]]:
    """The columns in which rows of the team refer to personal ones, with the ids of those."""
    owned = owned_rows()
    for table in metadata.sorted_tables:
        for key in table.foreign_keys if table not in owned else ():
            whole = key.column.table
            if whole in owned and key.ondelete is None and key.column.name == "id":
                yield key.parent, select(whole.c.id).where(owned[whole])


def unless_personal(column: Column[Any]) -> Iterator[ColumnElement[bool]]:
    """The condition for rows of the team, where some of a table are personal."""
    if unless := _unless(column):
        yield or_(*(each.is_not(None) for each in unless))


def _is_always_personal(column: Column[Any]) -> bool:
    return PERSONAL in column.info and not _unless(column)


def _unless(column: Column[Any]) -> list[Column[Any]]:
    """The columns that make a row the team's; a resource that was left out has none."""
    table = column.table
    return [table.c[name] for name in column.info.get(PERSONAL, ()) if name in table.c]


@cache
def owned_rows() -> Mapping[Table, ColumnElement[bool]]:
    """Which rows are a person's, by table; each after those that it refers to."""
    owned: dict[Table, ColumnElement[bool]] = {}
    for table in metadata.sorted_tables:
        if conditions := list(_conditions(table, owned)):
            owned[table] = or_(*conditions)
    return owned


@cache
def shown_rows() -> Mapping[Table, ColumnElement[bool]]:
    """The account itself, what the person has, what they have done, and what is told of them."""
    account = {_USERS: _USERS.c.id == PERSON}
    done = {_EVENTS: _EVENTS.c.actor_id == PERSON, _TOLD: _TOLD.c.person_id == PERSON}
    return {**account, **owned_rows(), **done}


def _conditions(
    table: Table, owned: Mapping[Table, ColumnElement[bool]]
) -> Iterator[ColumnElement[bool]]:
    for key in sorted(table.foreign_keys, key=lambda each: each.parent.name):
        whole, column = key.column.table, key.parent
        if whole is _USERS and (key.ondelete == _CASCADE or PERSONAL in column.info):
            yield and_(column == PERSON, *(each.is_(None) for each in _unless(column)))
        elif whole in owned and _is_part(key):
            yield column.in_(select(whole.c.id).where(owned[whole]))


def _is_part(key: ForeignKey) -> bool:
    return key.ondelete == _CASCADE and key.column.name == "id"
