"""Replaces the session in a writing unit: opens one on demand."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.database import Database
from backend.models.platform.job_requests import JobRequest
from backend.repositories.sql.platform.adding import Addition, Notice, addition, statement_adding
from backend.repositories.sql.platform.templates import Template


class Writer:
    """The methods of a session that repositories use.

    New rows wait until another statement or the commit. If there is nothing else, no session is
    opened for them: see `adding`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._opened: AsyncSession | None = None
        self._waiting: list[SQLModel] = []

    @property
    def is_open(self) -> bool:
        """Whether there is a transaction, or may be."""
        return self._opened is not None

    def add_new(self, row: SQLModel) -> None:
        """Add a row that this unit does not change any more."""
        self._waiting.append(row)

    async def add_at_once(
        self, others: Sequence[Addition], jobs: Sequence[JobRequest], notices: Sequence[Notice]
    ) -> None:
        """Insert the pending rows and others with jobs and notices, and commit."""
        additions = [*map(addition, self._take_waiting()), *others]
        if additions or jobs or notices:
            dialect = self._database.engine.dialect
            statement = statement_adding(additions, jobs, notices, dialect)
            await self._database.statements.run(*statement)

    def add(self, row: SQLModel) -> None:
        self._session.add(row)

    def add_all(self, rows: Iterable[SQLModel]) -> None:
        self._session.add_all(rows)

    async def get(self, *asked: Any, **options: Any) -> Any:
        return await self._session.get(*asked, **options)

    async def get_one(self, *asked: Any, **options: Any) -> Any:
        return await self._session.get_one(*asked, **options)

    async def exec(self, statement: Any, **options: Any) -> Any:
        if isinstance(statement, Template):
            statement = statement.build()
        return await self._session.exec(statement, **options)

    async def connection(self) -> AsyncConnection:
        """Return the transaction's connection, once pending rows are sent."""
        if self._waiting:
            await self._session.flush()
        return await self._session.connection()

    async def delete(self, row: SQLModel) -> None:
        await self._session.delete(row)

    def expunge(self, row: SQLModel) -> None:
        self._session.expunge(row)

    async def flush(self) -> None:
        await self._session.flush()

    async def commit(self) -> None:
        await self._session.commit()

    async def close(self) -> None:
        """Roll back what was not committed."""
        if self._opened is not None:
            await self._opened.close()

    @property
    def _session(self) -> AsyncSession:
        if self._opened is None:
            self._opened = self._database.writing_session()
        if self._waiting:
            self._opened.add_all(self._take_waiting())
        return self._opened

    def _take_waiting(self) -> list[SQLModel]:
        waiting, self._waiting = self._waiting, []
        return waiting
