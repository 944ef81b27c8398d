"""Replaces the session in a writing unit: opens one on demand."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.attempts import RowChangedError, is_optimistic
from backend.core.database import Database
from backend.core.scoped_database import ScopedDatabase, going_on_within
from backend.core.scopes import Scope, Within
from backend.models.platform.job_requests import JobRequest
from backend.repositories.sql.platform.at_once import (
    Addition,
    Notice,
    Written,
    addition,
    statement_writing,
)
from backend.repositories.sql.platform.changing import WatchedRow, is_watchable
from backend.repositories.sql.platform.claiming import PendingClaim
from backend.repositories.sql.platform.prepared import prepared_for
from backend.repositories.sql.platform.reading import Reader
from backend.repositories.sql.platform.templates import Template


class Writer:
    """The methods of a session that repositories use.

    New rows wait until another statement or the commit. So does a changed row that was the first to
    be read, and a claim, in a method that can begin again. If there is nothing else, no session is
    opened for them: see `at_once`, `changing` and `claiming`.

    Attributes:
        scope: whose rows it sees; None where there is one organisation.
        opened: the session; None until something needs one.
    """

    def __init__(self, database: Database | ScopedDatabase) -> None:
        self._database = database
        self.scope: Scope | None = database.scope
        self.opened: AsyncSession | None = None
        self._waiting: list[SQLModel] = []
        self._watched: WatchedRow | None = None
        self._claim: PendingClaim | None = None

    @property
    def has_pending_claim(self) -> bool:
        """Whether it is unknown yet if this is the first request with its key."""
        return self._claim is not None

    def claim_later(self, claim: PendingClaim) -> bool:
        """Claim with what is written, or return False: the claim can't wait."""
        if self._is_first and is_optimistic():
            self._claim = claim
        return self._claim is not None

    def add_new(self, row: SQLModel) -> None:
        """Add a row that this unit does not change any more."""
        self._waiting.append(row)

    async def commit(
        self, others: Sequence[Addition], jobs: Sequence[JobRequest], notices: Sequence[Notice]
    ) -> None:
        """Write the pending rows and others with jobs and notices, and commit.

        Without an open transaction, in a statement that commits.

        Raises:
            RowChangedError: the row was changed, or is locked by somebody else; or another request
                has the key.
        """
        if self.opened is None:
            await self._write_at_once(others, jobs, notices)
        else:
            await self._write_in_transaction(others, jobs, notices)
            await self.opened.commit()

    async def _write_at_once(
        self, others: Sequence[Addition], jobs: Sequence[JobRequest], notices: Sequence[Notice]
    ) -> None:
        watched, self._watched = self._watched, None
        claim, self._claim = self._claim, None
        change = watched.change() if watched else None
        additions = [*map(addition, self._take_waiting()), *others]
        written = Written(change, claim, additions, jobs, notices)
        if not written:
            return
        statement = statement_writing(written, self._database.engine.dialect)
        if not await self._database.statements.run(*statement):
            raise RowChangedError
        if watched and change:
            watched.changed(change)

    async def _write_in_transaction(
        self, others: Sequence[Addition], jobs: Sequence[JobRequest], notices: Sequence[Notice]
    ) -> None:
        additions = [*map(addition, self._take_waiting()), *others]
        session = await self._transaction()
        await session.flush()
        if additions or jobs or notices:
            written = Written(None, None, additions, jobs, notices)
            connection = await session.connection()
            statement = statement_writing(written, self._database.engine.dialect)
            await connection.exec_driver_sql(*statement)

    def add(self, row: SQLModel) -> None:
        self.add_all([row])

    def add_all(self, rows: Iterable[SQLModel]) -> None:
        if others := [row for row in rows if not self._notes(row)]:
            self._session.add_all(others)

    async def get(self, model: Any, key: Any, with_for_update: Any = None, **options: Any) -> Any:
        if with_for_update and self._may_watch(model):
            return await self._watch(model, key)
        session = await self._transaction()
        return await session.get(model, key, with_for_update=with_for_update, **options)

    async def get_one(self, *asked: Any, **options: Any) -> Any:
        return await (await self._transaction()).get_one(*asked, **options)

    async def exec(self, statement: Any, **options: Any) -> Any:
        if isinstance(statement, Template):
            statement = statement.build()
        return await (await self._transaction()).exec(statement, **options)

    async def change_alone(self, statement: Any, values: Mapping[str, Any]) -> None:
        """Run the only statement of a unit: it commits by itself.

        Raises:
            RuntimeError: it is not the only one.
        """
        if not self._is_first:
            raise RuntimeError("the unit has other changes, which this would not be written with")
        prepared = prepared_for(self._database.engine.dialect).change(statement)
        await prepared.fetch(self._database.statements, values)

    async def connection(self) -> AsyncConnection:
        """Return the transaction's connection, once pending rows are sent."""
        has_new = bool(self._waiting)
        session = await self._transaction()
        if has_new:
            await session.flush()
        return await session.connection()

    async def go_on_within(self, organisation_id: UUID) -> None:
        """Have the rest of the transaction see one organisation."""
        await (await self.connection()).exec_driver_sql(*going_on_within(organisation_id))
        self.scope = Within(organisation_id)

    async def delete(self, row: SQLModel) -> None:
        await (await self._transaction()).delete(row)

    def expunge(self, row: SQLModel) -> None:
        self._session.expunge(row)

    async def flush(self) -> None:
        """Flush an open session; without one, rows stay pending until the commit."""
        if self.opened is not None:
            await (await self._transaction()).flush()

    def _notes(self, row: SQLModel) -> bool:
        """Mark the pending changed row as saved. Returns whether it is this row."""
        if self._watched is None or self._watched.row is not row:
            return False
        self._watched.is_saved = True
        return True

    def _may_watch(self, model: Any) -> bool:
        return self._is_first and is_watchable(model) and is_optimistic()

    @property
    def _is_first(self) -> bool:
        """Whether nothing was read or written before."""
        return not (self.opened or self._waiting or self._watched or self._claim)

    async def _watch(self, model: Any, key: Any) -> Any:
        row = await Reader(self._database).get(model, key)
        if row is not None:
            self._watched = WatchedRow(row)
        return row

    async def _transaction(self) -> AsyncSession:
        """Return the session, after locking the row that was read without a lock, or the key.

        Raises:
            RowChangedError: the row was changed since, or another request has the key.
        """
        session = self._session
        watched, self._watched = self._watched, None
        claim, self._claim = self._claim, None
        if watched is not None:
            await watched.join(session)
        if claim is not None and not await claim.take(session):
            raise RowChangedError
        return session

    @property
    def _session(self) -> AsyncSession:
        if self.opened is None:
            self.opened = self._database.writing_session()
        if self._waiting:
            self.opened.add_all(self._take_waiting())
        return self.opened

    def _take_waiting(self) -> list[SQLModel]:
        waiting, self._waiting = self._waiting, []
        return waiting
