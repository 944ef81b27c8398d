"""Connections to PostgreSQL: sessions for transactions, and single statements beside them."""

import os
from collections.abc import Mapping
from contextlib import closing
from typing import Any, Final

from pydantic_core import from_json
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.config import ConfigurationError, DatabaseSettings
from backend.core.scoped_database import ReadingSession, ScopedDatabase
from backend.core.scopes import Scope
from backend.core.statements import (
    NEW,
    Observer,
    PreparingCursor,
    Statements,
    leave_read_only,
    refuse_closed,
)

NOTICE_A_DEAD_PEER: Final[Mapping[str, int]] = {
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 19_000,
}
"""Parameters of connections, in seconds but for the last, which is in milliseconds.

A server that loses power or its network says nothing. Without these, whoever waits for it is told
after a quarter of an hour, and all others wait for their connections.
"""

OWNER_VARIABLE = "DATABASE_OWNER_URL"


class Database:
    """The connections of one process. Opens none before it is first used.

    Transactions and single statements have connections of their own, so that people can read
    however many transactions wait for each other.

    Attributes:
        scope: as that of a `ScopedDatabase`; None, as all rows are those of one organisation.
    """

    scope: None = None

    def __init__(self, settings: DatabaseSettings, *, show_parameters: bool = False) -> None:
        """With `show_parameters`, messages and the log contain values, which may be private."""
        for_statements = max(1, settings.pool_size * 2 // 5)
        for_sessions = max(1, settings.pool_size - for_statements)
        self.engine = _create_engine(settings, for_sessions, show_parameters=show_parameters)
        self.statements = Statements(
            {"conninfo": libpq_url(settings), **connect_arguments(settings)},
            begin=session_settings(settings),
            max_connections=for_statements,
            patience=settings.pool_timeout_seconds,
            show_parameters=show_parameters,
        )
        self._divided = settings.has_many_organisations
        writing = self.engine.execution_options(isolation_level="READ COMMITTED")
        self.transactions = writing
        self.writing_session = async_sessionmaker(
            writing, class_=AsyncSession, expire_on_commit=False
        )
        self.reading_session = async_sessionmaker(
            self.engine,
            class_=AsyncSession,
            sync_session_class=ReadingSession,
            expire_on_commit=False,
            autoflush=False,
        )

    def within(self, scope: Scope) -> "Database | ScopedDatabase":
        """Return the connections that see what the scope may. With one organisation, these."""
        if self._divided:
            return ScopedDatabase(self.engine, self.transactions, self.statements, scope)
        return self

    def observe(self, opened: Observer, used: Observer) -> None:
        """Report changes in the number of open connections and of those in use."""
        _observe(self.engine, opened, "connect", "close")
        _observe(self.engine, used, "checkout", "checkin")
        self.statements.observe(opened, used)

    async def revision(self) -> str | None:
        """Return the current migration of the database; None before the first."""
        [(known,)] = await self.statements.run("SELECT to_regclass('alembic_version')::text", {})
        if known is None:
            return None
        found = await self.statements.run("SELECT version_num FROM alembic_version", {})
        return str(found[0][0]) if found else None

    async def close(self) -> None:
        await self.statements.close()
        await self.engine.dispose()


def application_name() -> str:
    """The name of the connections of this process in `pg_stat_activity`."""
    return f"mvp {os.getpid()}"


def database_url(url: str, variable: str = "DATABASE_URL") -> URL:
    """Return the URL with our driver, whichever form the host uses.

    Raises:
        ConfigurationError: it is not the URL of a PostgreSQL database.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        parsed = None
    if parsed is None or not _is_of_postgresql(parsed):
        raise ConfigurationError(
            f"{variable} is not a PostgreSQL URL: write postgresql://user:password@host/database, "
            "with %40 for @ in the password, and other special characters likewise"
        )
    return parsed.set(drivername="postgresql+psycopg")


def _is_of_postgresql(url: URL) -> bool:
    # A host with an @ has the end of a password in it.
    return url.get_backend_name() in {"postgres", "postgresql"} and "@" not in (url.host or "")


def libpq_url(settings: DatabaseSettings) -> str:
    """Return the URL as libpq, psql and psycopg read it, including the password.

    Raises:
        ConfigurationError: DATABASE_URL is not set, or is not the URL of a PostgreSQL database.
    """
    return as_libpq_reads(_url(settings))


def as_libpq_reads(url: URL) -> str:
    """Return the URL, including the password, with spaces as `%20`.

    SQLAlchemy leaves them as they are in names and passwords, and writes `+` in parameters.
    """
    text = url.set(drivername="postgresql").render_as_string(hide_password=False)
    address, mark, parameters = text.partition("?")
    return address.replace(" ", "%20") + mark + parameters.replace("+", "%20")


def owner_url(settings: DatabaseSettings) -> str:
    """Like `libpq_url`, for the role that owns the tables: migrations need it."""
    if settings.owner_url is None:
        return libpq_url(settings)
    return as_libpq_reads(database_url(settings.owner_url.get_secret_value(), OWNER_VARIABLE))


def connect_arguments(settings: DatabaseSettings) -> dict[str, Any]:
    """The parameters of every connection of this process, besides the URL, which may set some."""
    set_by_url = _url(settings).query
    return {
        **{name: it for name, it in NOTICE_A_DEAD_PEER.items() if name not in set_by_url},
        "application_name": application_name(),
        "connect_timeout": settings.connect_timeout_seconds,
        "cursor_factory": PreparingCursor,
    }


def session_settings(settings: DatabaseSettings) -> str:
    """The first statement on every connection of this process.

    PgBouncer would refuse these settings as options of the connection.
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


def _create_engine(
    settings: DatabaseSettings, connections: int, *, show_parameters: bool
) -> AsyncEngine:
    engine = create_async_engine(
        _url(settings),
        hide_parameters=not show_parameters,
        # Rows are read outside of transactions, so that there is nothing to roll back.
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
        json_deserializer=from_json,
        pool_size=connections,
        max_overflow=settings.pool_overflow,
        pool_timeout=settings.pool_timeout_seconds,
        connect_args=connect_arguments(settings),
    )
    statement = session_settings(settings)

    def prepare(connection: Any, record: ConnectionPoolEntry) -> None:
        with closing(connection.cursor()) as cursor:
            cursor.execute(statement)
        connection.commit()
        record.info[NEW] = True

    event.listen(engine.sync_engine, "connect", prepare)
    event.listen(engine.sync_engine, "checkout", refuse_closed)
    event.listen(engine.sync_engine, "handle_error", leave_read_only)
    return engine


def _observe(engine: AsyncEngine, observer: Observer, begin: str, end: str) -> None:
    """Report an event of the pool, and the one that ends it.

    The pool also ends what has not begun: the use of a connection that could not be replaced.
    """

    def begun(_connection: Any, record: ConnectionPoolEntry, *_: object) -> None:
        record.info[begin] = True
        observer(1)

    def ended(_connection: Any, record: ConnectionPoolEntry) -> None:
        if record.info.pop(begin, False):
            observer(-1)

    event.listen(engine.sync_engine, begin, begun)
    event.listen(engine.sync_engine, end, ended)
