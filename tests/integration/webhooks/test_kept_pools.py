"""Connections to receivers are used again, and those to others cost nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from backend.core.config import WebhookSettings
from backend.core.outgoing_addresses import OutgoingAddresses
from backend.integrations.webhooks import http_poster
from backend.integrations.webhooks.http_poster import HttpPoster
from tests.fixtures.calls import called_functions
from tests.fixtures.http_server import until
from tests.fixtures.waiting import SECONDS

LOOPBACK = ["127.0.0.0/8"]


class Server:
    """It takes everything, what is sent to /held once it is let.

    Attributes:
        opened: how many connections there have been.
        open: how many there are.
    """

    def __init__(self) -> None:
        self.opened = 0
        self.open = 0
        self.let = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Server"]:
        async with await asyncio.start_server(self._serve, "127.0.0.1", 0) as listening:
            self._port = listening.sockets[0].getsockname()[1]
            yield self

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self._port}/{name}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        self.open += 1
        with suppress(asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                if b" /held " in head:
                    await self.let.wait()
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        self.open -= 1
        writer.close()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with Server().running() as running:
        yield running


@pytest.fixture
async def poster(server: Server, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[HttpPoster]:
    # Longer than a busy machine takes.
    monkeypatch.setattr(http_poster, "_IDLE_SECONDS", float(SECONDS))
    made = HttpPoster(WebhookSettings(allowed_networks=LOOPBACK), OutgoingAddresses(LOOPBACK))
    yield made
    await made.close()


async def calls_of_a_post(poster: HttpPoster, url: str) -> int:
    with called_functions() as called:
        await poster.post(url, {}, "")
    return called.total()


async def test_a_connection_is_used_again(poster: HttpPoster, server: Server) -> None:
    for _ in range(3):
        await poster.post(server.url("one"), {}, "")

    assert server.opened == 1


async def test_connections_to_others_cost_nothing(poster: HttpPoster, server: Server) -> None:
    for _ in range(2):
        await poster.post(server.url("one"), {}, "")
    alone = await calls_of_a_post(poster, server.url("one"))
    for number in range(60):
        await poster.post(server.url(f"other-{number}"), {}, "")

    among_others = await calls_of_a_post(poster, server.url("one"))

    assert server.open == 61
    assert among_others <= alone + 10


async def test_what_is_idle_is_closed_at_the_next_request(
    poster: HttpPoster, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        await poster.post(server.url(f"other-{number}"), {}, "")
    monkeypatch.setattr(poster._pools, "_idle_seconds", 0.0)

    await poster.post(server.url("one"), {}, "")

    await until(lambda: server.open == 1)


async def test_what_is_used_is_not_closed(
    poster: HttpPoster, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poster._pools, "_idle_seconds", 0.0)
    async with asyncio.TaskGroup() as group:
        held = group.create_task(poster.post(server.url("held"), {}, ""))
        await until(lambda: server.open == 1)
        await poster.post(server.url("one"), {}, "")
        server.let.set()

    assert held.result().status == 204
