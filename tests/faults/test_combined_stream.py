"""One stream over two servers: whatever breaks, nothing is lost and nothing comes twice."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import cycle
from typing import NamedTuple
from uuid import UUID

import httpx2
import pytest
from pydantic import SecretStr

from backend.core.config import DatabaseSettings, SecuritySettings
from backend.core.database import Database
from backend.core.permissions import Role
from backend.core.scopes import SYSTEM
from backend.core.security import AccessClaims, AccessTokens
from backend.models.background.executions import ExecutionStatus
from backend.models.identity.sessions import UserSession
from backend.models.platform.mixins import now
from backend.repositories.platform.unit import Channel
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from tests.factories import (
    make_chat,
    make_execution,
    make_message,
    make_notification,
    make_user,
)
from tests.fixtures.application import SECRET
from tests.fixtures.events import Event, each_event
from tests.fixtures.postgres import cloned_database
from tests.fixtures.processes import Server, StartServer, starting_servers
from tests.fixtures.waiting import SECONDS

STREAM = "/api/v1/stream"


@dataclass
class Told:
    """What one follower was told, over all its connections."""

    last: str | None = None
    news: list[tuple[str, str, int]] = field(default_factory=list)

    def add(self, event: Event) -> None:
        self.last = event.event_id
        if event.name != "start":
            version = int(event.data.get("version", 0))
            self.news.append((event.name, str(event.data["id"]), version))


@dataclass
class World:
    """What happens to one person, in the database: no server is needed for it."""

    uow: SqlUnitOfWorkFactory
    headers: dict[str, str]
    person_id: UUID
    execution_id: UUID
    chat_id: UUID
    made: list[tuple[str, str]] = field(default_factory=list)
    version: int = 1
    """Of the execution."""

    @property
    def query(self) -> str:
        return f"notifications=true&execution={self.execution_id}&chat={self.chat_id}"

    async def happen(self, number: int) -> None:
        """A notification, a message and a step of progress."""
        notification = make_notification(user_id=self.person_id)
        message = make_message(chat_id=self.chat_id, position=number + 1)
        async with self.uow(SYSTEM) as unit:
            await unit.notifications.add(notification)
            await unit.chat_messages.save(message)
            execution = await unit.executions.get(self.execution_id, for_update=True)
            execution.report(number, None, "")
            await unit.executions.save(execution)
            unit.notify(Channel.NOTIFICATIONS, str(self.person_id))
            unit.notify(Channel.EXECUTIONS, str(self.execution_id))
            await unit.commit()
        self.made += [("notification", str(notification.id)), ("chat_message", str(message.id))]
        self.version = execution.version

    def is_told(self, told: Told) -> bool:
        """Whether all that has happened so far is."""
        newest = ("execution", str(self.execution_id), self.version)
        return newest in told.news and not set(self.made) - {each[:2] for each in told.news}


class Pair(NamedTuple):
    here: Server
    there: Server
    settings: dict[str, str]


@pytest.fixture(scope="module")
def servers(
    server_url: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("servers")
    with cloned_database(server_url, template) as url, starting_servers(folder) as start:
        settings = {"DATABASE_URL": url, "SECRET_KEY": SECRET, "SEED_ON_START": "false"}
        here, there = (start("--no-worker", wait=False, **settings) for _ in range(2))
        here.wait_until_ready()
        there.wait_until_ready()
        yield Pair(here, there, settings)


@pytest.fixture
async def uow(servers: Pair) -> AsyncIterator[SqlUnitOfWorkFactory]:
    database = Database(DatabaseSettings(url=SecretStr(servers.settings["DATABASE_URL"])))
    yield SqlUnitOfWorkFactory(database)
    await database.close()


async def signed_in(uow: SqlUnitOfWorkFactory, role: Role) -> tuple[UUID, dict[str, str]]:
    user = make_user(role=role)
    tomorrow = now() + timedelta(days=1)
    session = UserSession(user_id=user.id, device=None, address=None, expires_at=tomorrow)
    async with uow(SYSTEM) as unit:
        await unit.users.save(user)
        await unit.sessions.save(session)
        await unit.commit()
    tokens = AccessTokens(SecuritySettings(secret_key=SecretStr(SECRET)))
    token = tokens.sign(AccessClaims(user.id, session.id))
    return user.id, {"Authorization": f"Bearer {token}"}


@pytest.fixture
async def world(uow: SqlUnitOfWorkFactory) -> World:
    person_id, headers = await signed_in(uow, Role.MEMBER)
    execution = make_execution(owner_id=person_id, status=ExecutionStatus.PENDING)
    chat = make_chat(owner_id=person_id)
    async with uow(SYSTEM) as unit:
        await unit.executions.save(execution)
        await unit.chats.save(chat)
        await unit.commit()
    return World(uow, headers, person_id, execution.id, chat.id)


@asynccontextmanager
async def connected(
    server: Server, world: World, last: str | None = None
) -> AsyncIterator[AsyncIterator[Event]]:
    headers = world.headers | ({"Last-Event-ID": last} if last else {})
    async with (
        httpx2.AsyncClient(timeout=SECONDS) as client,
        client.stream("GET", f"{server.url}{STREAM}?{world.query}", headers=headers) as answer,
    ):
        answer.raise_for_status()
        async with aclosing(each_event(answer.aiter_lines())) as events:
            yield events


async def read(server: Server, world: World, told: Told, *, at_most: int) -> None:
    """Over one connection, until there is no more."""
    async with connected(server, world, told.last) as events:
        async for event in events:
            told.add(event)
            at_most -= 1
            if not at_most or world.is_told(told):
                return


async def until_all_is_told(
    servers: Iterator[Server], world: World, told: Told, *, at_most: int
) -> None:
    """Then nothing is told twice, and all rows in the order in which they were made."""
    # One more, behind which nothing can come that was told before.
    await world.happen(99)
    async with asyncio.timeout(SECONDS):
        while not world.is_told(told):
            await read(next(servers), world, told, at_most=at_most)
    for kind in ("notification", "chat_message"):
        made = [each for each in world.made if each[0] == kind]
        assert [each[:2] for each in told.news if each[0] == kind] == made
    versions = [version for name, _, version in told.news if name == "execution"]
    assert versions == sorted(set(versions))


@pytest.mark.parametrize("at_most", [2, 3, 7])
async def test_a_client_that_goes_from_server_to_server_gets_all_once(
    servers: Pair, world: World, at_most: int
) -> None:
    turns, told = cycle([servers.here, servers.there]), Told()
    await read(next(turns), world, told, at_most=2)

    async def happening() -> None:
        for number in range(20):
            await world.happen(number)

    working = asyncio.ensure_future(happening())
    while not working.done():
        await read(next(turns), world, told, at_most=at_most)
    await working

    # The first event of each connection says only that it has begun.
    await until_all_is_told(turns, world, told, at_most=at_most)


async def test_after_a_server_is_killed_another_goes_on_where_it_was(
    servers: Pair, start_server: StartServer, world: World
) -> None:
    doomed, told = start_server("--no-worker", **servers.settings), Told()
    await read(doomed, world, told, at_most=2)
    for number in range(5):
        await world.happen(number)
    async with connected(doomed, world, told.last) as events:
        for _ in range(4):
            told.add(await anext(events))
        # Some of what has happened is on its way, and is lost with the process.
        doomed.stop(signal.SIGKILL)
        with suppress(httpx2.TransportError):
            async for event in events:
                told.add(event)
    for number in range(5, 10):
        await world.happen(number)

    await until_all_is_told(cycle([servers.there]), world, told, at_most=100)


async def test_a_stop_ends_the_stream_and_another_server_goes_on_where_it_was(
    servers: Pair, start_server: StartServer, world: World
) -> None:
    stopping, told = start_server("--no-worker", **servers.settings), Told()
    async with connected(stopping, world) as events:
        for _ in range(2):
            told.add(await anext(events))
        stopping.process.terminate()
        # To its end: a connection that is broken off would be an error.
        async for event in events:
            told.add(event)
    await world.happen(0)

    await until_all_is_told(cycle([servers.there]), world, told, at_most=100)


async def refused(servers: Pair, world: World, end: Callable[[], object]) -> int:
    """The status with which whoever follows is refused, once the stream has ended."""
    async with connected(servers.here, world) as events:
        told = [await anext(events) for _ in range(2)]

        end()

        async with asyncio.timeout(SECONDS):
            assert [event async for event in events] == []
    headers = world.headers | {"Last-Event-ID": told[-1].event_id}
    return servers.here.get(f"{STREAM}?{world.query}", headers).status_code


async def test_a_session_that_ends_on_another_server_ends_the_stream(
    servers: Pair, world: World
) -> None:
    def sign_out() -> None:
        servers.there.post("/api/v1/auth/logout", headers=world.headers).raise_for_status()

    assert await refused(servers, world, sign_out) == 401


async def test_an_account_that_is_deactivated_on_another_server_ends_the_stream(
    servers: Pair, world: World, uow: SqlUnitOfWorkFactory
) -> None:
    _, admin = await signed_in(uow, Role.ADMIN)

    def deactivate() -> None:
        path = f"/api/v1/users/{world.person_id}/deactivate"
        servers.there.post(path, headers=admin).raise_for_status()

    assert await refused(servers, world, deactivate) == 401
