"""How far a request walks through the files of `backend/`: counted, so the same on every machine.

Printed are, for each road, the files that are entered, the hops from one file to another, the
returns to a file that was left before, and the functions that are met. Counted is the first entry
into each call of a function: a coroutine that goes on after a wait is not entered again, and a
comprehension or a lambda is a part of the function that has it. The road leads through
the task of the request, and through the tasks and threads that it starts. Of several walks the
shortest counts, as others met a tick of a clock. The second line of a road leaves out `api/` and
`core/`, which are the same for every request; the third has the files of the frameworks as well.

    uv run python -m benchmarks.walks
    uv run python -m benchmarks.walks --steps "import, run"
"""

import argparse
import asyncio
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import fastapi
import httpx2
import sqlalchemy
import sqlmodel
import starlette

import backend
from backend.core.embedded import embedded_postgres
from backend.core.migrations import upgrade
from backend.core.permissions import Role
from backend.core.scopes import FIRST
from backend.main import create_app
from backend.models.identity.users import UserCreate
from backend.services.container import Services
from tests.fixtures.application import client_of, make_settings

_BACKEND = backend.__path__[0]
_FRAMEWORKS = {
    package.__path__[0]: f"{package.__name__}/"
    for package in (fastapi, starlette, sqlmodel, sqlalchemy)
}
_EMAIL, _PASSWORD = "walker@example.com", "a long way to go"
_ROWS = b"name,email\nAda,ada@example.com\nGrace,grace@example.com\n"
_WALKS = 5
_SHARED = ("api/", "core/")
_OTHERS = tuple(_FRAMEWORKS.values())
_ASKED = "Create a task called Water the plants"


@dataclass
class Walk:
    """The functions of `backend/` and of the frameworks that were entered, in their order."""

    steps: list[tuple[str, str]] = field(default_factory=list)
    seen: dict[int, FrameType] = field(default_factory=dict)
    """Kept, so that no other frame gets the same number."""

    def enter(self, frame: FrameType) -> None:
        code = frame.f_code
        if (name := _name(code.co_filename)) and id(frame) not in self.seen:
            self.seen[id(frame)] = frame
            if not code.co_name.startswith("<"):
                self.steps.append((name, code.co_qualname))

    def figures(self, *, without: tuple[str, ...]) -> "Figures":
        """Without the files whose paths begin so."""
        steps = [step for step in self.steps if not step[0].startswith(without)]
        hops = [file for file, _ in groupby(steps, key=lambda step: step[0])]
        files = set(hops)
        return Figures(len(files), len(hops), len(hops) - len(files), len(set(steps)))


@cache
def _name(file: str) -> str | None:
    """The path of a file within `backend/`, or within a framework; None for all others."""
    if file.startswith(f"{_BACKEND}/"):
        return str(Path(file).relative_to(_BACKEND))
    for folder, name in _FRAMEWORKS.items():
        if file.startswith(f"{folder}/"):
            return f"{name}{Path(file).relative_to(folder)}"
    return None


Road = Callable[["Person"], Awaitable[Walk]]


class Figures(NamedTuple):
    files: int
    hops: int
    returns: int
    functions: int


_walk: ContextVar[Walk | None] = ContextVar("walk", default=None)


def _note(frame: FrameType, event: str, _: Any) -> None:
    if event == "call" and (walk := _walk.get()) is not None:
        walk.enter(frame)


@contextmanager
def walking() -> Iterator[Walk]:
    """Note what this task enters, and what it starts."""
    walk = Walk()
    kept = _walk.set(walk)
    sys.setprofile(_note)
    try:
        yield walk
    finally:
        sys.setprofile(None)
        _walk.reset(kept)


class Person:
    """Sends requests to an application in this process."""

    def __init__(self, client: httpx2.AsyncClient, services: Services) -> None:
        self._client = client
        self.services = services

    async def sign_in(self) -> None:
        """As a new person, whose assistant has all tools."""
        person = UserCreate(email=_EMAIL, password=_PASSWORD, full_name="W.", role=Role.MANAGER)
        await self.services.identity.users.create(person, None)
        await self.services.assistant.tools.register(FIRST)
        form = {"username": _EMAIL, "password": _PASSWORD}
        answer = await self._client.post("/api/v1/auth/token", data=form)
        token = answer.raise_for_status().json()["access_token"]
        self._client.headers["Authorization"] = f"Bearer {token}"

    async def post(self, path: str, **options: Any) -> Any:
        answer = await self._client.post(f"/api/v1{path}", **options)
        text = answer.raise_for_status().text
        return text if "event-stream" in answer.headers["content-type"] else answer.json()


async def _task(person: Person) -> Walk:
    with walking() as walk:
        await person.post("/tasks", json={"title": "Water the plants"})
    return walk


async def _task_with_key(person: Person) -> Walk:
    with walking() as walk:
        await person.post(
            "/tasks",
            json={"title": "Water the plants"},
            headers={"Idempotency-Key": str(uuid4())},
        )
    return walk


async def _chat_answer(person: Person) -> Walk:
    # With a title of its own, as none is asked for then.
    chat = await person.post("/chats", json={"title": "Plants"})
    with walking() as walk:
        events = await person.post(
            f"/chats/{chat['id']}/messages",
            json={"text": _ASKED},
            headers={"Accept": "text/event-stream"},
        )
    if events.count("event: tool_result") != 1 or "event: done" not in events:
        raise RuntimeError(f"not an answer with one call of a tool: {events}")
    return walk


async def _import_asked(person: Person) -> Walk:
    _, walk = await _ask_for_import(person)
    return walk


async def _import_run(person: Person) -> Walk:
    execution_id, _ = await _ask_for_import(person)
    with walking() as walk:
        await person.services.background.executions.run(execution_id, FIRST)
    return walk


async def _ask_for_import(person: Person) -> tuple[UUID, Walk]:
    rows = _ROWS.replace(b"example", uuid4().hex[:8].encode())
    file = await person.post("/files", files={"file": ("people.csv", rows, "text/csv")})
    inputs = {"resource": "customers", "file_id": file["id"]}
    with walking() as walk:
        execution = await person.post("/executions", json={"kind": "import", "inputs": inputs})
    return UUID(execution["id"]), walk


ROADS: dict[str, Road] = {
    "POST /tasks": _task,
    "POST /tasks with a key": _task_with_key,
    "chat answer, one tool": _chat_answer,
    "import, ask": _import_asked,
    "import, run": _import_run,
}


@asynccontextmanager
async def _running(folder: Path) -> AsyncIterator[Person]:
    with embedded_postgres(folder / "database") as url:
        upgrade(url)
        settings = make_settings(
            url,
            files={"url": (folder / "files").as_uri()},
            language_models={"provider": "offline"},
            logging={"level": "WARNING"},
        )
        app = create_app(settings)
        async with app.router.lifespan_context(app), client_of(app) as client:
            person = Person(client, app.state.services)
            await person.sign_in()
            yield person


async def _walk_all(folder: Path) -> dict[str, Walk]:
    # Now, as it is for threads that begin later: those of a pool stay.
    threading.setprofile(_note)
    async with _running(folder) as person:
        for road in ROADS.values():
            await road(person)  # What is made once is made by now.
        return {name: await _shortest(road, person) for name, road in ROADS.items()}


async def _shortest(road: Road, person: Person) -> Walk:
    walks = [await road(person) for _ in range(_WALKS)]
    return min(walks, key=lambda walk: len(walk.steps))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", choices=list(ROADS), help="print each step of one road as well")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mvp-") as folder:
        walks = asyncio.run(_walk_all(Path(folder)))
    if asked.steps:
        ours = [s for s in walks[asked.steps].steps if not s[0].startswith(_OTHERS)]
        for file, steps in groupby(ours, key=lambda step: step[0]):
            print(f"{file}: {', '.join(name for _, name in steps)}")
    print(f"{'':24}{'files':>8}{'hops':>8}{'returns':>8}{'functions':>10}")
    for name, walk in walks.items():
        _print(name, walk.figures(without=_OTHERS))
        _print("  below api/ and core/", walk.figures(without=_OTHERS + _SHARED))
        _print("  with the frameworks", walk.figures(without=()))


def _print(name: str, figures: Figures) -> None:
    files, hops, returns, functions = figures
    print(f"{name:24}{files:8}{hops:8}{returns:8}{functions:10}")


if __name__ == "__main__":
    main()
