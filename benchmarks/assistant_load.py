"""Many people who talk to the assistant at once."""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx2

from benchmarks.server import PASSWORD
from tests.fixtures.http_server import Request, until
from tests.fixtures.openai_server import OpenAiServer
from tests.fixtures.openai_wire import Said

_PIECES = 20
_SECONDS_BETWEEN = 0.1
_MAX_THINKING = 3.0
_SECONDS_TO_NEXT = 0.05


def sign_up(client: httpx2.Client, count: int) -> list[str]:
    """The header Authorization of each of so many new people; the client is an admin's."""
    people = []
    for number in range(count):
        person = {"email": f"{number}@example.com", "full_name": "Ada", "role": "member"}
        made = client.post("/api/v1/users", json=person | {"password": PASSWORD})
        form = {"username": made.raise_for_status().json()["email"], "password": PASSWORD}
        tokens = client.post("/api/v1/auth/token", data=form).raise_for_status().json()
        people.append(f"Bearer {tokens['access_token']}")
    return people


async def first_texts(
    url: str, people: list[str], provider: OpenAiServer, rounds: int
) -> list[float]:
    """Milliseconds from the provider's first token to the same one here, for each answer."""
    provider.respond = _think_and_talk
    async with _client(url) as client:
        await _latency(client, people[0])  # So that all is loaded.
        found = await asyncio.gather(*(_talk(client, person, rounds) for person in people))
    return [latency for latencies in found for latency in latencies]


@asynccontextmanager
async def waiting_chats(
    url: str, people: list[str], provider: OpenAiServer, count: int
) -> AsyncIterator[None]:
    """So many chats whose model thinks, until the end."""
    provider.requests.clear()
    provider.respond = lambda _request: Said(["Yes."])
    provider.hold()
    async with _client(url) as client, asyncio.TaskGroup() as chats:
        for number in range(count):
            chats.create_task(_events(client, people[number % len(people)]))
            await asyncio.sleep(_SECONDS_TO_NEXT)
        await until(lambda: len(provider.requests) == count)
        await asyncio.sleep(1)
        yield
        provider.release()


async def reads(url: str, person: str, count: int) -> list[float]:
    """Milliseconds of each of so many reads of the first page of tasks, one after the other."""
    found = []
    async with _client(url) as client:
        for _ in range(count):
            started = time.perf_counter()
            (await client.get("/api/v1/tasks", headers=_of(person))).raise_for_status()
            found.append((time.perf_counter() - started) * 1000)
    return found


def _think_and_talk(_request: Request) -> Said:
    return Said(_pieces(), seconds_between=_SECONDS_BETWEEN)


def _pieces() -> Iterator[str]:
    """The first says when it was sent: the clock is the same for all processes of a machine."""
    yield f"{time.monotonic()} "
    yield from ["word "] * _PIECES


async def _talk(client: httpx2.AsyncClient, person: str, rounds: int) -> list[float]:
    found = []
    for _ in range(rounds):
        await asyncio.sleep(random.uniform(0, _MAX_THINKING))  # noqa: S311  # no secret
        found.append(await _latency(client, person))
    return found


async def _latency(client: httpx2.AsyncClient, person: str) -> float:
    heard = await _events(client, person)
    received, data = next((when, data) for when, name, data in heard if name == "text")
    return (received - float(data["text"])) * 1000


async def _events(
    client: httpx2.AsyncClient, person: str
) -> list[tuple[float, str, dict[str, str]]]:
    """Say something in a new chat; what comes back, and when.

    Raises:
        RuntimeError: it does not end well.
    """
    # With a title, so that the model need not be asked for one.
    chat = await client.post("/api/v1/chats", json={"title": "Hello"}, headers=_of(person))
    path = f"/api/v1/chats/{chat.raise_for_status().json()['id']}/messages"
    heard, name = [], ""
    headers = _of(person) | {"Accept": "text/event-stream"}
    async with client.stream("POST", path, json={"text": "Hello"}, headers=headers) as answer:
        if not answer.is_success:
            raise RuntimeError((await answer.aread()).decode())
        async for line in answer.aiter_lines():
            field, _, value = line.partition(": ")
            if field == "event":
                name = value
            elif field == "data":
                heard.append((time.monotonic(), name, json.loads(value)))
    if name != "done":
        raise RuntimeError(f"{heard[-1:]}")
    return heard


def _client(url: str) -> httpx2.AsyncClient:
    """With as many connections as there are requests at once."""
    limits = httpx2.Limits(max_connections=None)
    return httpx2.AsyncClient(base_url=url, timeout=600, limits=limits)


def _of(person: str) -> dict[str, str]:
    return {"Authorization": person}
