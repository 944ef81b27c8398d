from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Table,
    Text,
    and_,
    bindparam,
    cast,
    func,
    literal_column,
    or_,
    select,
    tuple_,
)
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.models.identity.users import User
from backend.models.platform.base import metadata
from backend.models.platform.personal import PERSONAL
from backend.repositories.identity.personal_data import PersonalRows

_USERS = metadata.tables["users"]
_EVENTS = metadata.tables["events"]
_CASCADE = "CASCADE"
_PERSON: ColumnElement[UUID] = bindparam("person")


class SqlPersonalDataRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    @property
    def kinds(self) -> Sequence[str]:
        return [table.name for table in _shown()]

    async def some(
        self, kind: str, user_id: UUID, after: Sequence[object] | None, limit: int
    ) -> PersonalRows:
        table = metadata.tables[kind]
        key = list(table.primary_key.columns)
        rows = select(_as_json(table), *key).where(_shown()[table]).order_by(*key).limit(limit)
        if after is not None:
            rows = rows.where(tuple_(*key) > tuple_(*after))
        connection = await self._session.connection()
        found = (await connection.execute(rows, {"person": user_id})).all()
        last = tuple(found[-1][1:]) if len(found) == limit else None
        return PersonalRows([row[0] for row in found], last)


@cache
def _owned() -> Mapping[Table, ColumnElement[bool]]:
    """Which rows are a person's, by table; each after those that it refers to."""
    owned: dict[Table, ColumnElement[bool]] = {}
    for table in metadata.sorted_tables:
        if conditions := list(_conditions(table, owned)):
            owned[table] = or_(*conditions)
    return owned


@cache
def _shown() -> Mapping[Table, ColumnElement[bool]]:
    """The account itself, what the person has, and what they have done."""
    account = {_USERS: _USERS.c.id == _PERSON}
    return {**account, **_owned(), _EVENTS: _EVENTS.c.actor_id == _PERSON}


def _conditions(
    table: Table, owned: Mapping[Table, ColumnElement[bool]]
) -> Iterator[ColumnElement[bool]]:
    for key in sorted(table.foreign_keys, key=lambda each: each.parent.name):
        whole, column = key.column.table, key.parent
        if whole is _USERS and (key.ondelete == _CASCADE or PERSONAL in column.info):
            unless = [table.c[name] for name in column.info.get(PERSONAL, ()) if name in table.c]
            yield and_(column == _PERSON, *(each.is_(None) for each in unless))
        elif whole in owned and _is_part(key):
            yield column.in_(select(whole.c.id).where(owned[whole]))


def _is_part(key: ForeignKey) -> bool:
    return key.ondelete == _CASCADE and key.column.name == "id"


def _as_json(table: Table) -> ColumnElement[str]:
    """Without secrets, and without columns that only the database uses."""
    model = _models()[table]
    secrets: frozenset[str] = getattr(model, "secrets", frozenset())
    hidden = [each.name for each in table.c if _is_hidden(each, model, secrets)]
    row: ColumnElement[Any] = func.to_jsonb(literal_column(table.name))
    for name in hidden:
        row = row.op("-")(name)
    return cast(row, Text)


def _is_hidden(column: Column[Any], model: type[SQLModel], secrets: frozenset[str]) -> bool:
    return column.name in secrets or column.name not in model.model_fields


@cache
def _models() -> Mapping[Table, type[SQLModel]]:
    mappers = User.__mapper__.registry.mappers  # type: ignore[attr-defined]  # it is a table
    return {each.local_table: each.class_ for each in mappers}
