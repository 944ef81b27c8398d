"""Streams on a real server."""

import socket
import struct
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

import httpx2
import pytest
from pydantic import SecretStr

from backend.core.config import DatabaseSettings, SecuritySettings
from backend.core.database import Database
from backend.core.scopes import SYSTEM
from backend.core.security import AccessClaims, AccessTokens
from backend.models.background.executions import ExecutionStatus
from backend.models.identity.sessions import UserSession
from backend.models.platform.mixins import now
from backend.repositories.platform.unit import Channel
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from tests.factories import make_execution, make_notification, make_user
from tests.fixtures.application import SECRET
from tests.fixtures.processes import Server, StartServer

STOP_SECONDS = 3
STREAM = "/api/v1/notifications/stream"


class Followed(NamedTuple):
    """An execution that another machine works at for longer than the test."""

    path: str
    token: str
    owner_id: UUID


@pytest.fixture(params=["1", "2"])
def server(
    request: pytest.FixtureRequest, start_server: StartServer, fresh_database_url: str
) -> Server:
    """One process, and several."""
    return start_server(
        DATABASE_URL=fresh_database_url,
        # Fewer than there are streams: none of them may keep one.
        DATABASE_POOL_SIZE="2",
        SECRET_KEY=SECRET,
        SEED_ON_START="false",
        SHUTDOWN_SECONDS="60",
        WORKERS=request.param,
    )


@pytest.fixture
async def followed(fresh_database_url: str) -> Followed:
    user = make_user()
    soon = now() + timedelta(hours=1)
    session = UserSession(user_id=user.id, device=None, address=None, expires_at=soon)
    execution = make_execution(
        owner_id=user.id, status=ExecutionStatus.RUNNING, attempts=1, leased_until=soon
    )
    database = Database(DatabaseSettings(url=SecretStr(fresh_database_url)))
    async with SqlUnitOfWorkFactory(database)(SYSTEM) as unit:
        await unit.users.save(user)
        await unit.sessions.save(session)
        await unit.executions.save(execution)
        await unit.commit()
    await database.close()
    tokens = AccessTokens(SecuritySettings(secret_key=SecretStr(SECRET)))
    path = f"/api/v1/executions/{execution.id}/events"
    return Followed(path, tokens.sign(AccessClaims(user.id, session.id)), user.id)


@pytest.fixture
async def streams(server: Server, followed: Followed) -> AsyncIterator[list[AsyncIterator[str]]]:
    """Open streams, the first event of which has come."""
    headers = {"Authorization": f"Bearer {followed.token}"}
    async with AsyncExitStack() as opened:
        client = await opened.enter_async_context(httpx2.AsyncClient(timeout=30))
        found = []
        for _ in range(6):
            stream = client.stream("GET", f"{server.url}{followed.path}", headers=headers)
            lines = (await opened.enter_async_context(stream)).aiter_lines()
            assert (await anext(lines)).startswith("data: ")
            found.append(lines)
        yield found


async def test_open_streams_do_not_hold_up_a_stop(
    server: Server, streams: list[AsyncIterator[str]]
) -> None:
    server.process.terminate()
    begun = time.monotonic()

    for lines in streams:
        # To its end: a connection that is broken off would be an error.
        rest = [line async for line in lines]
        assert rest[0].startswith("id: ")

    assert time.monotonic() - begun < STOP_SECONDS
    assert server.process.wait(timeout=30) == 0


async def tell(database_url: str, user_id: UUID, count: int) -> None:
    database = Database(DatabaseSettings(url=SecretStr(database_url)))
    async with SqlUnitOfWorkFactory(database)(SYSTEM) as unit:
        for _ in range(count):
            await unit.notifications.add(make_notification(user_id=user_id, text="x" * 5_000))
        unit.notify(Channel.NOTIFICATIONS, str(user_id))
        await unit.commit()
    await database.close()


def open_stream(server: Server, token: str) -> socket.socket:
    """One that nobody reads beyond the first bytes."""
    url = httpx2.URL(server.url)
    stream = socket.socket()
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    stream.connect((url.host, url.port or 80))
    head = f"GET {STREAM} HTTP/1.1\r\nHost: {url.host}\r\nAuthorization: Bearer {token}\r\n\r\n"
    stream.sendall(head.encode())
    return stream


@pytest.mark.parametrize("server", ["1"], indirect=True)
async def test_clients_that_read_nothing_or_vanish_cost_nobody_anything(
    server: Server, followed: Followed, fresh_database_url: str
) -> None:
    lazy = [open_stream(server, followed.token) for _ in range(40)]
    for stream in lazy[:20]:
        # It vanishes without a word: a reset, and no end.
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        stream.close()
    headers = {"Authorization": f"Bearer {followed.token}"}
    async with (
        httpx2.AsyncClient(base_url=server.url, headers=headers, timeout=10) as client,
        client.stream("GET", STREAM) as reader,
    ):
        await tell(fresh_database_url, followed.owner_id, 300)
        told, slowest = 0, 0.0
        async for line in reader.aiter_lines():
            told += line.startswith("data: ")
            if line.startswith("data: ") and told % 30 == 0:
                begun = time.monotonic()
                (await client.get("/api/v1/notifications?limit=1")).raise_for_status()
                slowest = max(slowest, time.monotonic() - begun)
            if told == 300:
                break

    assert slowest < 1
    for stream in lazy[20:]:
        stream.close()
