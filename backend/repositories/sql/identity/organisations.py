from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Delete, Table, delete, select as select_columns, tuple_
from sqlmodel import col, select

from backend.models.identity.memberships import Membership
from backend.models.identity.organisations import Organisation
from backend.models.identity.sessions import UserSession
from backend.models.identity.users import User
from backend.models.platform.base import metadata
from backend.models.platform.organisations import ORGANISATION_COLUMN, divided_tables
from backend.repositories.sql.platform.base import SqlRepository
from backend.repositories.sql.platform.organisations import organisation_column

_KEPT = frozenset({"events"})
"""The audit trail is append-only: it stays as long as its retention says."""


class SqlOrganisationRepository(SqlRepository[Organisation]):
    model = Organisation
    kind = "organisation"

    async def all(self) -> Sequence[Organisation]:
        oldest_first = select(Organisation).order_by(col(Organisation.id))
        return (await self._session.exec(oldest_first)).all()

    async def deleted_before(self, moment: datetime) -> Sequence[UUID]:
        due = select(Organisation.id).where(col(Organisation.deleted_at) < moment)
        return (await self._session.exec(due.order_by(col(Organisation.deleted_at)))).all()

    @property
    def parts(self) -> Sequence[str]:
        return [table.name for table in _own_tables()]

    async def erase_some(self, part: str, organisation_id: UUID, limit: int) -> int:
        connection = await self._session.connection()
        table = metadata.tables[part]
        key = list(table.primary_key.columns)
        theirs = table.c[ORGANISATION_COLUMN] == organisation_id
        # A plain subquery might run for each row, and find other rows each time.
        some = select_columns(*key).where(theirs).limit(limit).cte("some")
        gone = delete(table).where(tuple_(*key).in_(select_columns(some)))
        return (await connection.execute(gone)).rowcount

    async def erase(self, organisation_id: UUID) -> int:
        connection = await self._session.connection()
        members = select(Membership.user_id).where(Membership.organisation_id == organisation_id)
        services = delete(User).where(col(User.is_service), col(User.id).in_(members))
        statements = [
            *_own_rows(organisation_id),
            delete(UserSession).where(organisation_column(UserSession) == organisation_id),
            services,
            delete(Organisation).where(col(Organisation.id) == organisation_id),
        ]
        return sum([(await connection.execute(each)).rowcount for each in statements])


def _own_rows(organisation_id: UUID) -> list[Delete]:
    return [
        delete(each).where(each.c[ORGANISATION_COLUMN] == organisation_id) for each in _own_tables()
    ]


def _own_tables() -> list[Table]:
    divided = {table.name for table in divided_tables()} - _KEPT
    # What refers to others comes last in this order.
    return [table for table in reversed(metadata.sorted_tables) if table.name in divided]
