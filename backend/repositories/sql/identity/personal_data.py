from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Table,
    Text,
    and_,
    cast,
    delete,
    func,
    literal_column,
    select,
    true,
    tuple_,
    update,
)
from sqlmodel import SQLModel, col
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.models.identity.invitations import Invitation
from backend.models.identity.memberships import Membership
from backend.models.identity.users import User
from backend.models.platform.audit_events import PersonalChanges
from backend.models.platform.base import metadata
from backend.models.platform.organisations import ORGANISATION_COLUMN
from backend.repositories.identity.personal_data import Erased, PersonalRows
from backend.repositories.sql.identity.personal_rows import (
    PERSON,
    owned_rows,
    passed_on,
    referring_to_personal,
    shown_rows,
    unless_personal,
)
from backend.repositories.sql.platform.contention import LOCK
from backend.repositories.sql.platform.organisations import scope_of


class SqlPersonalDataRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    @property
    def kinds(self) -> Sequence[str]:
        return [table.name for table in shown_rows()]

    async def some(
        self, kind: str, user_id: UUID, after: Sequence[object] | None, limit: int
    ) -> PersonalRows:
        table = metadata.tables[kind]
        key = list(table.primary_key.columns)
        rows = select(_as_json(table), *key).where(shown_rows()[table]).order_by(*key).limit(limit)
        if after is not None:
            rows = rows.where(tuple_(*key) > tuple_(*after))
        connection = await self._session.connection()
        found = (await connection.execute(rows, {"person": user_id})).all()
        last = tuple(found[-1][1:]) if len(found) == limit else None
        return PersonalRows([row[0] for row in found], last)

    async def erase_some(self, user_id: UUID, limit: int) -> Erased:
        connection = await self._session.connection()
        # Parts first.
        for table, mine in reversed(list(owned_rows().items())):
            key = list(table.primary_key.columns)
            # A plain subquery might run for each row, and find other rows each time.
            some = select(*key).where(mine).limit(limit).cte("some")
            gone = delete(table).where(tuple_(*key).in_(select(some))).returning(*key)
            found = (await connection.execute(gone, {"person": user_id})).all()
            if found:
                files = [row[0] for row in found] if table.name == "files" else []
                return Erased(len(found), files)
        return Erased(0, [])

    async def pass_some_on(self, user_id: UUID, heir_id: UUID | None, limit: int) -> int:
        for column in passed_on():
            for receiver_id, which in self._receivers(column, heir_id):
                theirs = and_(column == PERSON, *unless_personal(column), which)
                if passed := await self._hand_over(column, theirs, user_id, receiver_id, limit):
                    return passed
        return 0

    def _receivers(
        self, column: Column[Any], heir_id: UUID | None
    ) -> Iterator[tuple[UUID | None, ColumnElement[bool]]]:
        """Who gets which of the rows, one after the other."""
        if heir_id is not None:
            within: ColumnElement[bool] = true()
            if scope_of(self._session) is not None:
                there = select(col(Membership.organisation_id)).where(
                    col(Membership.user_id) == heir_id
                )
                within = column.table.c[ORGANISATION_COLUMN].in_(there)
            yield heir_id, within
        if column.nullable:
            yield None, true()

    async def let_some_go(self, user_id: UUID, limit: int) -> int:
        for column, personal in referring_to_personal():
            if let_go := await self._hand_over(column, column.in_(personal), user_id, None, limit):
                return let_go
        return 0

    async def _hand_over(
        self,
        column: Column[Any],
        which: ColumnElement[bool],
        user_id: UUID,
        receiver_id: UUID | None,
        limit: int,
    ) -> int:
        connection = await self._session.connection()
        table = column.table
        # A plain subquery might run for each row, and lock other rows each time.
        found = select(table.c.id).where(which).order_by(table.c.id).limit(limit)
        some = found.with_for_update(**LOCK).cte("some")
        values = {column.name: receiver_id, "version": table.c.version + 1}
        handed = update(table).where(table.c.id.in_(select(some.c.id))).values(values)
        return (await connection.execute(handed, {"person": user_id})).rowcount

    async def forget_changes(self, user_id: UUID) -> None:
        invited = select(col(Invitation.id)).where(col(Invitation.user_id) == user_id)
        person = col(PersonalChanges.person_id)
        told = delete(PersonalChanges).where((person == user_id) | person.in_(invited))
        await self._session.exec(told.execution_options(synchronize_session=False))


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
