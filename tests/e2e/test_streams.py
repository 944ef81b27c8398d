"""Streams on a real server."""

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import NamedTuple

import httpx2
import pytest
from pydantic import SecretStr

from backend.core.config import DatabaseSettings, SecuritySettings
from backend.core.database import Database
from backend.core.security import AccessClaims, AccessTokens
from backend.models.executions import ExecutionStatus
from backend.models.mixins import now
from backend.models.sessions import UserSession
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from tests.factories import make_execution, make_user
from tests.fixtures.application import SECRET
from tests.fixtures.processes import Server, StartServer

STOP_SECONDS = 3


class Followed(NamedTuple):
    """An execution that another machine works at for longer than the test."""

    path: str
    token: str


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
    async with SqlUnitOfWorkFactory(database)() as unit:
        await unit.users.save(user)
        await unit.sessions.save(session)
        await unit.executions.save(execution)
        await unit.commit()
    await database.close()
    tokens = AccessTokens(SecuritySettings(secret_key=SecretStr(SECRET)))
    path = f"/api/v1/executions/{execution.id}/events"
    return Followed(path, tokens.sign(AccessClaims(user.id, session.id)))


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
