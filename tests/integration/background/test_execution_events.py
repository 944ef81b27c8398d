"""Executions by server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from uuid import UUID

import httpx2
import pytest

from backend.core.config import Settings
from backend.core.database import Database
from backend.core.scopes import FIRST, SYSTEM
from backend.models.background.executions import Execution, ExecutionStatus
from backend.process_state import process_state
from backend.repositories.platform.unit import Channel
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.services.background.executions import ExecutionService
from backend.services.background.stream import ExecutionWatch
from backend.services.platform.live_streams import LiveStreams
from backend.services.platform.wake_ups import ANYTHING, Subscription
from backend.wiring import wire
from tests.factories import make_execution
from tests.fixtures.execution_kinds import StepsKind, begin, stored
from tests.fixtures.people import Person, with_key
from tests.fixtures.waiting import OFTEN_SECONDS, SECONDS

Event = dict[str, Any]
LINE_ENDS = ["\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"]


def events_in(answer: httpx2.Response) -> list[Event]:
    """Each event with its data read."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    blocks = [block for block in answer.text.split("\n\n") if block and not block.startswith(":")]
    events: list[Event] = []
    for block in blocks:
        fields = dict(line.split(": ", 1) for line in block.splitlines())
        events.append(fields | {"data": json.loads(fields["data"])})
    return events


def path_of(execution_id: UUID) -> str:
    return f"/executions/{execution_id}/events"


async def add(uow: SqlUnitOfWorkFactory, owner: Person, **fields: Any) -> Execution:
    execution = make_execution(owner_id=owner.user.id, **fields)
    async with uow(SYSTEM) as unit:
        await unit.executions.add_missing([execution])
        await unit.commit()
    return execution


async def test_of_what_has_ended_the_last_state_is_sent(
    member: Person, uow: SqlUnitOfWorkFactory
) -> None:
    execution = await add(
        uow,
        member,
        status=ExecutionStatus.COMPLETED,
        version=4,
        progress_done=2,
        progress_total=2,
        progress_message="Done",
        result={"count": 7, "report": "tasks_by_age", "tasks": [1, 2], "more": {"a": 1}},
    )

    [event] = events_in(await member.get(path_of(execution.id)))

    assert event["id"] == "4"
    assert event["data"] == {
        "id": str(execution.id),
        "version": 4,
        "status": "completed",
        "progress_done": 2,
        "progress_total": 2,
        "progress_message": "Done",
        "attempts": 0,
        "error": None,
        "summary": {"count": 7, "report": "tasks_by_age"},
    }


async def test_no_character_of_a_text_ends_a_line(
    member: Person, uow: SqlUnitOfWorkFactory
) -> None:
    """Clients disagree about which characters do; `splitlines` knows all of them."""
    message = (
        "".join(f"{number}{end}" for number, end in enumerate(LINE_ENDS)) + "e\u0301\U0001f600"
    )
    execution = await add(
        uow, member, status=ExecutionStatus.COMPLETED, progress_message=message, result={}
    )

    answer = await member.get(path_of(execution.id))

    fields = dict(line.split(": ", 1) for line in answer.text.splitlines() if line)
    assert fields.keys() == {"id", "retry", "data"}
    assert json.loads(fields["data"])["progress_message"] == message


async def test_a_stream_tells_each_state_until_the_last(
    member: Person, executions: ExecutionService, kind: StepsKind
) -> None:
    execution_id = await begin(executions, member, "one", "two", pause="two")
    following = asyncio.ensure_future(member.get(path_of(execution_id)))
    await asyncio.sleep(0.2)
    running = asyncio.ensure_future(executions.run(execution_id, FIRST))
    await asyncio.wait_for(kind.paused.wait(), SECONDS)
    await asyncio.sleep(2 * OFTEN_SECONDS)
    kind.go_on.set()

    events = events_in(await asyncio.wait_for(following, SECONDS))
    await running

    versions = [int(event["id"]) for event in events]
    assert versions == sorted(set(versions))
    statuses = [event["data"]["status"] for event in events]
    assert list(dict.fromkeys(statuses)) == ["pending", "running", "completed"]
    assert versions[-1] == events[-1]["data"]["version"]


async def test_only_what_is_newer_is_sent_to_who_resumes(
    member: Person, executions: ExecutionService
) -> None:
    execution_id = await begin(executions, member, "one")
    seen = {"Last-Event-ID": "1"}
    following = asyncio.ensure_future(member.get(path_of(execution_id), headers=seen))
    await asyncio.sleep(0.1)
    await executions.run(execution_id, FIRST)

    events = events_in(await asyncio.wait_for(following, SECONDS))

    assert events
    assert all(int(event["id"]) > 1 for event in events)
    assert events[-1]["data"]["status"] == "completed"


async def test_nothing_is_sent_to_who_has_the_last_state(
    member: Person, uow: SqlUnitOfWorkFactory
) -> None:
    execution = await add(uow, member, version=3)

    answer = await member.get(path_of(execution.id), headers={"Last-Event-ID": "3"})

    assert events_in(answer) == []


@pytest.mark.parametrize("last", ["4", str(2**31 - 1)])
async def test_who_has_seen_more_than_there_is_begins_again(
    member: Person, uow: SqlUnitOfWorkFactory, last: str
) -> None:
    """As after a restore of the database."""
    execution = await add(uow, member, version=3)

    [event] = events_in(await member.get(path_of(execution.id), headers={"Last-Event-ID": last}))

    assert event["id"] == "3"


async def test_who_has_seen_more_than_there_is_sees_what_comes(
    member: Person, executions: ExecutionService
) -> None:
    execution_id = await begin(executions, member, "one")
    seen = {"Last-Event-ID": "1000"}
    following = asyncio.ensure_future(member.get(path_of(execution_id), headers=seen))
    await asyncio.sleep(0.1)
    await executions.run(execution_id, FIRST)

    events = events_in(await asyncio.wait_for(following, 10))

    assert events[-1]["data"]["status"] == "completed"


@pytest.mark.parametrize("last", ["x", "-1", "1.5", "", str(2**31)])
async def test_an_id_that_no_event_had_is_named(
    member: Person, uow: SqlUnitOfWorkFactory, last: str
) -> None:
    execution = await add(uow, member)

    answer = await member.get(path_of(execution.id), headers={"Last-Event-ID": last})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["header", "Last-Event-ID"]


async def test_a_stream_ends_with_the_session(member: Person, uow: SqlUnitOfWorkFactory) -> None:
    execution = await add(uow, member, status=ExecutionStatus.PENDING)
    following = asyncio.ensure_future(member.get(path_of(execution.id)))
    await asyncio.sleep(0.1)

    await member.post("/auth/logout")

    assert len(events_in(await asyncio.wait_for(following, SECONDS))) == 1


class Told:
    """Notices that a test gives."""

    def __init__(self) -> None:
        self.waiting = asyncio.Event()
        self.changed = asyncio.Event()

    async def next(self, seconds: float) -> list[str]:
        self.waiting.set()
        await asyncio.wait_for(self.changed.wait(), seconds)
        self.changed.clear()
        self.waiting.clear()
        return [ANYTHING]

    def subscribe(
        self, channel: Channel, payload: str | None = None
    ) -> AbstractContextManager[Subscription]:
        raise AssertionError("a stream subscribes to its parts")

    @contextmanager
    def subscribe_to(self, topics: Iterable[tuple[Channel, str]]) -> Iterator[Subscription]:
        assert {channel for channel, _ in topics} == {Channel.EXECUTIONS}
        yield self


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def stopped() -> asyncio.Event:
    return asyncio.Event()


@pytest.fixture
async def states(
    uow: SqlUnitOfWorkFactory,
    member: Person,
    settings: Settings,
    told: Told,
    stopped: asyncio.Event,
) -> AsyncIterator[Execution]:
    """Those of an execution that is pending, the first of which was read."""
    execution = await add(uow, member, status=ExecutionStatus.PENDING)
    rights = wire(settings, uow, {}, process_state(settings)).identity.rights
    watch = ExecutionWatch(uow, LiveStreams(rights.is_live, told, stopped))
    states = watch.states(execution, member.principal, after=0)
    assert (await anext(states)).id == execution.id
    return states


async def test_who_waits_holds_no_connection_and_is_woken(
    states: AsyncIterator[Execution],
    told: Told,
    database: Database,
    uow: SqlUnitOfWorkFactory,
    member: Person,
) -> None:
    waiting = asyncio.ensure_future(anext(states))
    await told.waiting.wait()
    assert database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]  # of a queue
    [execution] = (await member.get("/executions")).json()["items"]

    await member.post(f"/executions/{execution['id']}/cancel")
    told.changed.set()

    ended = await asyncio.wait_for(waiting, SECONDS)
    assert ended.status is ExecutionStatus.CANCELLED
    assert ended.version == (await stored(uow, ended.id)).version
    assert [state async for state in states] == []


async def test_watching_ends_at_once_when_the_process_stops(
    states: AsyncIterator[Execution], told: Told, stopped: asyncio.Event
) -> None:
    rest = asyncio.ensure_future(anext(states, None))
    await told.waiting.wait()

    stopped.set()

    assert await asyncio.wait_for(rest, 1) is None


async def test_watching_ends_when_it_is_deleted(
    states: AsyncIterator[Execution], told: Told, uow: SqlUnitOfWorkFactory, member: Person
) -> None:
    rest = asyncio.ensure_future(anext(states, None))
    await told.waiting.wait()
    async with uow(SYSTEM) as unit:
        [execution] = (await member.get("/executions")).json()["items"]
        await unit.executions.delete(await unit.executions.get(UUID(execution["id"])))
        await unit.commit()

    told.changed.set()

    assert await asyncio.wait_for(rest, 1) is None


async def test_a_narrowed_key_does_not_follow_what_somebody_else_has_retried(
    uow: SqlUnitOfWorkFactory,
    member: Person,
    settings: Settings,
    told: Told,
    stopped: asyncio.Event,
) -> None:
    identity = wire(settings, uow, {}, process_state(settings)).identity
    program = await with_key(member, permissions=["tasks:read"])
    by = await identity.key_access.identify(program.token)
    execution = await add(uow, member, status=ExecutionStatus.PENDING, key_id=by.key_id)
    watch = ExecutionWatch(uow, LiveStreams(identity.rights.is_live, told, stopped))
    states = watch.states(execution, by, after=0)
    await anext(states)
    rest = asyncio.ensure_future(anext(states, None))
    await told.waiting.wait()
    async with uow(SYSTEM) as unit:
        retried = await unit.executions.get(execution.id)
        retried.key_id = None
        await unit.executions.save(retried)
        await unit.commit()

    told.changed.set()

    assert await asyncio.wait_for(rest, SECONDS) is None
