"""Connections to PostgreSQL: one pool, and on it a session for writing and one for reading."""

import asyncio
import os
import select
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError, TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlmodel import Session
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.config import ConfigurationError, DatabaseSettings
from backend.core.prepared_statements import PreparingCursor

_WRITING_SHARE = 0.75
"""Of the pool. The rest is for reading, however many transactions wait for each other."""


class ReadingSession(Session):
    """A session that refuses to write: on an autocommit connection nothing could be rolled back."""

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        if self.new or self.deleted or any(self.is_modified(row) for row in self.dirty):
            raise RuntimeError("a reading unit of work can't write; open one with uow()")
        super().flush(objects)


class Database:
    """The connection pool of one process. Opens nothing before it is first used."""

    def __init__(self, settings: DatabaseSettings, *, show_parameters: bool = False) -> None:
        """`show_parameters` lets values that may be private into messages and the log."""
        self.engine = _create_engine(settings, show_parameters=show_parameters)
        self._patience = settings.pool_timeout_seconds
        connections = settings.pool_size + settings.pool_overflow
        self._places = asyncio.Semaphore(max(1, int(connections * _WRITING_SHARE)))
        writing = self.engine.execution_options(isolation_level="READ COMMITTED")
        self._writing_session = async_sessionmaker(
            writing, class_=AsyncSession, expire_on_commit=False
        )
        self.reading_session = async_sessionmaker(
            self.engine,
            class_=AsyncSession,
            sync_session_class=ReadingSession,
            expire_on_commit=False,
            autoflush=False,
        )

    @asynccontextmanager
    async def writing_session(self) -> AsyncIterator[AsyncSession]:
        """A session in a transaction, which is rolled back unless it is committed.

        Raises:
            PoolTimeoutError: others write, and have done so for too long.
        """
        try:
            async with asyncio.timeout(self._patience if self._places.locked() else None):
                await self._places.acquire()
        except TimeoutError:
            raise PoolTimeoutError("all connections for writing are in use") from None
        try:
            async with self._writing_session() as session:
                yield session
        finally:
            self._places.release()

    async def revision(self) -> str | None:
        """The migration that the database stands at; None before the first."""
        async with self.reading_session() as session:
            connection = await session.connection()
            known = await connection.scalar(text("SELECT to_regclass('alembic_version')"))
            if known is None:
                return None
            found = await connection.scalar(text("SELECT version_num FROM alembic_version"))
            return str(found) if found is not None else None

    async def close(self) -> None:
        await self.engine.dispose()


def application_name() -> str:
    """What the connections of this process are called in `pg_stat_activity`."""
    return f"mvp {os.getpid()}"


def database_url(url: str) -> URL:
    """The URL with our driver in it, whichever way a host writes it.

    Raises:
        ConfigurationError: it is no URL of a PostgreSQL database.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        parsed = None
    if parsed is None or parsed.get_backend_name() not in {"postgres", "postgresql"}:
        raise ConfigurationError(
            "DATABASE_URL is no PostgreSQL URL: write postgresql://user:password@host/database"
        )
    return parsed.set(drivername="postgresql+psycopg")


def libpq_url(settings: DatabaseSettings) -> str:
    """The URL as libpq, psql and psycopg read it, with the password in it.

    Raises:
        ConfigurationError: DATABASE_URL is not set, or no URL of a PostgreSQL database.
    """
    return _url(settings).set(drivername="postgresql").render_as_string(hide_password=False)


def connect_arguments(settings: DatabaseSettings) -> dict[str, Any]:
    """What every connection of this process is opened with, besides the URL."""
    return {
        "application_name": application_name(),
        "connect_timeout": settings.connect_timeout_seconds,
        "cursor_factory": PreparingCursor,
    }


def session_settings(settings: DatabaseSettings) -> str:
    """The statement that every connection of this process begins with.

    As options of the connection PgBouncer would refuse them.
    """
    return (
        "SELECT set_config('timezone', 'UTC', false),"
        f" set_config('statement_timeout', '{settings.statement_timeout_seconds}s', false),"
        f" set_config('lock_timeout', '{settings.lock_timeout_seconds}s', false)"
    )


def _url(settings: DatabaseSettings) -> URL:
    if settings.url is None:
        raise ConfigurationError("DATABASE_URL is not set")
    return database_url(settings.url.get_secret_value())


def _create_engine(settings: DatabaseSettings, *, show_parameters: bool) -> AsyncEngine:
    engine = create_async_engine(
        _url(settings),
        hide_parameters=not show_parameters,
        # Most units read, and a pooled connection that differs from this is reset at each use.
        isolation_level="AUTOCOMMIT",
        pool_size=settings.pool_size,
        max_overflow=settings.pool_overflow,
        pool_timeout=settings.pool_timeout_seconds,
        connect_args=connect_arguments(settings),
    )
    statement = session_settings(settings)

    def prepare(connection: Any, _record: object) -> None:
        with closing(connection.cursor()) as cursor:
            cursor.execute(statement)
        connection.commit()

    event.listen(engine.sync_engine, "connect", prepare)
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    return engine


def _refuse_closed(connection: Any, _record: object, _proxy: object) -> None:
    """Replace a pooled connection that the server has closed, without asking the server.

    An idle connection has nothing to read; one that has is at its end. This costs a system call
    where a ping would cost a round trip.
    """
    driver = connection.driver_connection
    poll = select.poll()
    if not driver.closed:
        poll.register(driver.fileno(), select.POLLIN)
    if driver.closed or poll.poll(0):
        raise DisconnectionError("the server has closed this connection")
