"""The connections for single statements, as servers, networks and impatient callers treat them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import event, make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError, TimeoutError as PoolTimeoutError

from backend.core.config import DatabaseSettings, Settings
from backend.core.database import Database, connect_arguments, libpq_url, session_settings
from backend.core.statements import Statements
from tests.fixtures.waiting import SECONDS

MAX_CONNECTIONS = 2
READ = text("SELECT * FROM widened")
WHERE = text("SELECT pg_backend_pid(), current_database()")
Opened = Callable[..., AbstractAsyncContextManager[Statements]]


class Counts:
    """How many connections there are, and how many are in use."""

    def __init__(self) -> None:
        self.open = self.used = self.peak_used = 0
        self._changed = asyncio.Event()

    def opened(self, change: int) -> None:
        self.open += change

    def taken(self, change: int) -> None:
        self.used += change
        self.peak_used = max(self.peak_used, self.used)
        self._changed.set()

    async def until_used(self, count: int) -> None:
        while self.used < count:
            self._changed.clear()
            await self._changed.wait()


@pytest.fixture
async def opened_database(fresh_database_url: str) -> AsyncIterator[Database]:
    database = Database(DatabaseSettings(url=SecretStr(fresh_database_url)))
    yield database
    await database.close()


@pytest.fixture
def counts() -> Counts:
    return Counts()


@pytest.fixture
def opened(settings: Settings, counts: Counts) -> Opened:
    """Statements of their own, which are closed at the end."""

    @asynccontextmanager
    async def open_them(patience: float = 5, **connect: object) -> AsyncIterator[Statements]:
        statements = Statements(
            {
                "conninfo": libpq_url(settings.database),
                **connect_arguments(settings.database),
                **connect,
            },
            begin=session_settings(settings.database),
            max_connections=MAX_CONNECTIONS,
            patience=patience,
            show_parameters=False,
        )
        statements.observe(counts.opened, counts.taken)
        try:
            yield statements
        finally:
            await statements.close()

    return open_them


async def test_no_more_connections_are_opened_than_allowed(opened: Opened, counts: Counts) -> None:
    async with opened() as statements:
        answers = await asyncio.gather(*(statements.run("SELECT 1", {}) for _ in range(20)))

        assert answers == [[(1,)]] * 20
        # How many are needed depends on how quick each of them is.
        assert 1 <= counts.peak_used <= counts.open <= MAX_CONNECTIONS
        assert counts.used == 0

    assert counts.open == 0


async def test_who_waits_too_long_is_told(opened: Opened, counts: Counts) -> None:
    async with opened(patience=0.05) as statements:
        slow = [
            asyncio.create_task(statements.run("SELECT pg_sleep(1)", {}))
            for _ in range(MAX_CONNECTIONS)
        ]
        await counts.until_used(MAX_CONNECTIONS)

        with pytest.raises(PoolTimeoutError):
            await statements.run("SELECT 1", {})

        await asyncio.gather(*slow)


async def test_a_connection_that_the_server_has_ended_is_replaced(
    opened: Opened, counts: Counts, settings: Settings
) -> None:
    async with opened() as statements:
        [(pid,)] = await statements.run("SELECT pg_backend_pid()", {})
        with psycopg.connect(libpq_url(settings.database), autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))

        [(next_pid,)] = await statements.run("SELECT pg_backend_pid()", {})

        assert next_pid != pid
        assert counts.open == 1


async def test_a_connection_to_a_server_that_takes_no_changes_is_not_kept(
    opened: Opened, counts: Counts
) -> None:
    async with opened() as statements:
        [(pid,)] = await statements.run("SELECT pg_backend_pid()", {})
        await statements.run("SET default_transaction_read_only = on", {})

        with pytest.raises(DBAPIError):
            await statements.run("CREATE TABLE refused ()", {})
        [(next_pid,)] = await statements.run("SELECT pg_backend_pid()", {})

        assert next_pid != pid
        assert (counts.open, counts.used) == (1, 0)


async def test_a_statement_that_was_given_up_leaves_no_connection_to_others(
    opened: Opened, counts: Counts
) -> None:
    async with opened() as statements:
        for _ in range(MAX_CONNECTIONS + 1):
            given_up = asyncio.create_task(statements.run("SELECT 'late' FROM pg_sleep(1)", {}))
            await counts.until_used(1)
            given_up.cancel()
            with pytest.raises(asyncio.CancelledError):
                await given_up

        assert await statements.run("SELECT 'mine'", {}) == [("mine",)]
        assert counts.used == 0

    assert counts.open == 0


async def test_a_statement_that_is_refused_keeps_its_connection(
    opened: Opened, counts: Counts
) -> None:
    async with opened() as statements:
        [(pid,)] = await statements.run("SELECT pg_backend_pid()", {})

        with pytest.raises(DBAPIError):
            await statements.run("SELECT 1 / 0", {})

        assert await statements.run("SELECT pg_backend_pid()", {}) == [(pid,)]
        assert counts.open == 1


async def test_a_statement_that_cannot_run_before_another_keeps_its_connection(
    opened: Opened, counts: Counts
) -> None:
    async with opened() as statements:
        [(pid,)] = await statements.run("SELECT pg_backend_pid()", {})

        with pytest.raises(DBAPIError, match="syntax error"):
            await statements.run("SELECT 1", {}, before=(b"SELECTED", []))

        assert await statements.run("SELECT pg_backend_pid()", {}) == [(pid,)]
        assert counts.open == 1


async def test_a_session_prepares_its_statements_anew_after_a_migration(
    fresh_database_url: str, opened_database: Database
) -> None:
    # On the same connection psycopg would notice.
    with psycopg.connect(fresh_database_url, autocommit=True) as migrating:
        migrating.execute("CREATE TABLE widened (id int)")
        async with opened_database.reading_session() as session:
            connection = await session.connection()
            # More often than psycopg waits before it prepares a statement.
            for _ in range(10):
                assert (await connection.execute(READ)).all() == []
            migrating.execute("ALTER TABLE widened ADD name text")
            migrating.execute("INSERT INTO widened VALUES (1, 'one')")

            assert (await connection.execute(READ)).all() == [(1, "one")]


async def test_connections_notice_that_the_server_is_gone_without_a_word(
    fresh_database_url: str,
) -> None:
    """As when it loses power: otherwise they would wait for a quarter of an hour."""
    url = make_url(fresh_database_url).update_query_dict({"keepalives_idle": "60"})
    given_url = SecretStr(url.render_as_string(hide_password=False))
    settings = DatabaseSettings(url=given_url)
    arguments = connect_arguments(settings)
    async with await psycopg.AsyncConnection.connect(libpq_url(settings), **arguments) as opened:
        given = opened.info.get_parameters()

    assert (given["tcp_user_timeout"], given["keepalives_count"]) == ("19000", "3")
    assert given["keepalives_idle"] == "60"


async def test_a_server_that_ends_every_connection_is_away(
    opened_database: Database, fresh_database_url: str
) -> None:
    """As it does while it stops: whoever asks is told so, and not that the pool gave up."""

    def end(connection: Any, _record: object) -> None:
        pid = connection.driver_connection.info.backend_pid
        with psycopg.connect(fresh_database_url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))

    event.listen(opened_database.engine.sync_engine, "connect", end)
    for _ in range(2):
        async with opened_database.writing_session() as session:
            with pytest.raises(OperationalError):
                await (await session.connection()).execute(text("SELECT 1"))


async def test_connections_are_counted_right_while_there_are_none_to_have(
    opened_database: Database, fresh_database_url: str, server_url: str, counts: Counts
) -> None:
    opened_database.observe(counts.opened, counts.taken)
    async with opened_database.writing_session() as session:
        [(pid, name)] = await (await session.connection()).execute(WHERE)
    with psycopg.connect(server_url, autocommit=True) as other:
        other.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
        for _ in range(3):
            async with opened_database.writing_session() as session:
                with pytest.raises(OperationalError):
                    await session.connection()
        other.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')

    assert (counts.open, counts.used) == (0, 0)
    async with opened_database.writing_session() as session:
        await session.connection()
        assert (counts.open, counts.used) == (1, 1)
    assert (counts.open, counts.used) == (1, 0)


async def test_a_server_that_is_away_is_told_at_once(opened: Opened, counts: Counts) -> None:
    async with opened(patience=30, port=1, host="127.0.0.1") as statements:
        for _ in range(MAX_CONNECTIONS + 1):
            with pytest.raises(OperationalError):
                await asyncio.wait_for(statements.run("SELECT 1", {}), SECONDS)

    assert (counts.open, counts.used) == (0, 0)
