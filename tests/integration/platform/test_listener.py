"""The listening connection, cut and mended as servers and networks do it."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from backend.core.caching import CacheName, Caches, LocalCache
from backend.core.config import Settings
from backend.core.database import application_name
from backend.core.scopes import SYSTEM
from backend.integrations.platform.listener import Listener
from backend.process_state import process_state
from backend.repositories.platform.unit import Channel
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.services.platform.wake_ups import ANYTHING
from tests.fixtures.application import make_settings
from tests.fixtures.postgres import execute

PATIENCE = 10
LISTENING = """
    FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %'
"""
NAMES = f"SELECT application_name {LISTENING} ORDER BY 1"
CUT = f"SELECT pg_terminate_backend(pid) {LISTENING}"


@dataclass
class Server:
    """One database, as seen by those who look after it."""

    admin_url: str
    url: str

    def ask(self, statement: str) -> list[object]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            return [value for (value,) in connection.execute(statement.encode())]

    @contextmanager
    def away(self) -> Iterator[None]:
        """Nobody is connected, nor can be."""
        name = str(conninfo_to_dict(self.url)["dbname"])
        with psycopg.connect(self.url, autocommit=True) as connection:
            execute(self.admin_url, "ALTER DATABASE {} WITH ALLOW_CONNECTIONS false", name)
            connection.execute(CUT.encode())
        try:
            yield
        finally:
            execute(self.admin_url, "ALTER DATABASE {} WITH ALLOW_CONNECTIONS true", name)


class Witness:
    """An audience that can be waited for, and can't bear one payload."""

    def __init__(self) -> None:
        self._told: asyncio.Queue[str] = asyncio.Queue()

    async def next(self) -> str:
        async with asyncio.timeout(PATIENCE):
            return await self._told.get()

    def hear(self, payload: str) -> None:
        if payload == "unbearable":
            raise ValueError(payload)
        self._told.put_nowait(payload)

    def lost(self) -> None:
        self._told.put_nowait("(lost)")

    def regained(self) -> None:
        self._told.put_nowait("(regained)")


@pytest.fixture
def server(server_url: str, fresh_database_url: str) -> Server:
    return Server(server_url, fresh_database_url)


@pytest.fixture
def witness() -> Witness:
    return Witness()


@pytest.fixture
async def cache(server: Server, witness: Witness) -> AsyncIterator[LocalCache[int]]:
    """A cache that is emptied by what is heard, directly before the witness is told."""
    cache: LocalCache[int] = LocalCache(10, lambda _: timedelta(hours=1))
    caches = Caches({CacheName.IDENTITY: cache})
    listener = Listener(server.url, 3, {Channel.CACHE: caches, Channel.EXECUTIONS: witness})
    async with listener.running():
        yield cache


async def test_what_a_unit_of_work_tells_is_heard_once_it_is_committed(
    uow: SqlUnitOfWorkFactory, settings: Settings
) -> None:
    state = process_state(settings)
    with state.notices.subscribe(Channel.EXECUTIONS, "a") as subscription:
        async with state.listener.running():
            assert await subscription.next(PATIENCE) == ["a"]  # There may have been some before.

            async with uow(SYSTEM) as unit:
                unit.notify(Channel.EXECUTIONS, "a")
            assert await subscription.next(0.05) == []

            async with uow(SYSTEM) as unit:
                unit.notify(Channel.EXECUTIONS, "a")
                await unit.commit()
            assert await subscription.next(PATIENCE) == ["a"]


async def test_a_cut_connection_is_replaced_and_everybody_looks_again(server: Server) -> None:
    state = process_state(make_settings(server.url))
    async with state.listener.running():
        with state.notices.subscribe(Channel.NOTIFICATIONS) as subscription:
            await asyncio.to_thread(server.ask, CUT)
            assert await subscription.next(PATIENCE) == [ANYTHING]

            server.ask("SELECT pg_notify('mvp_notifications', 'b')")
            assert await subscription.next(PATIENCE) == ["b"]


async def test_caches_are_emptied_by_an_outage_and_bypassed_while_it_lasts(
    server: Server, cache: LocalCache[int], witness: Witness
) -> None:
    owner, loaded = uuid4(), iter(range(10))

    async def load() -> int:
        return next(loaded)

    async def read_twice() -> list[int | None]:
        return [await cache.get(owner, "key", load) for _ in range(2)]

    assert await witness.next() == "(regained)"
    assert await read_twice() == [0, 0]

    with server.away():
        assert await witness.next() == "(lost)"
        assert await read_twice() == [1, 2]

    while await witness.next() != "(regained)":
        pass
    assert await read_twice() == [3, 3]
    server.ask(f"SELECT pg_notify('mvp_cache', 'identity:{owner}')")
    server.ask("SELECT pg_notify('mvp_executions', 'and so on')")
    assert await witness.next() == "and so on"
    assert await read_twice() == [4, 4]


async def test_a_database_that_is_away_at_the_beginning_is_heard_later(
    server: Server, witness: Witness
) -> None:
    listener = Listener(server.url, 3, {Channel.EXECUTIONS: witness})
    with server.away():
        running = listener.running()
        await running.__aenter__()
    try:
        assert await witness.next() == "(regained)"
    finally:
        await running.__aexit__(None, None, None)


async def test_an_audience_that_fails_does_not_end_the_listening(
    server: Server, witness: Witness
) -> None:
    async with Listener(server.url, 3, {Channel.EXECUTIONS: witness}).running():
        server.ask("SELECT pg_notify('mvp_executions', 'unbearable')")
        assert [await witness.next() for _ in range(3)] == ["(regained)", "(lost)", "(regained)"]

        server.ask("SELECT pg_notify('mvp_executions', 'ordinary')")
        assert await witness.next() == "ordinary"


async def test_the_connection_has_the_name_of_the_process_and_is_closed_at_the_end(
    server: Server, witness: Witness
) -> None:
    async with Listener(server.url, 3, {Channel.EXECUTIONS: witness}).running():
        assert server.ask(NAMES) == [application_name()]

    assert await asyncio.to_thread(_gone, server)


def _gone(server: Server) -> bool:
    """A closed connection stays in the list for a moment."""
    deadline = time.monotonic() + PATIENCE
    while server.ask(NAMES):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return True
