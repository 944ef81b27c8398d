"""One stream of notifications, executions and chats, as a page follows them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest

from backend.core.config import Settings
from backend.core.database import Database
from backend.core.scopes import SYSTEM
from backend.models.assistant.chat_messages import ChatMessage
from backend.models.background.executions import Execution, ExecutionStatus
from backend.models.notifications.combined_stream import StreamQuery
from backend.models.notifications.notifications import Notification
from backend.models.platform.stream_positions import Positions
from backend.process_state import ProcessState
from backend.repositories.platform.unit import Channel
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.services.notifications.combined_stream import CombinedStream, StreamEvent
from backend.wiring import wire
from tests.factories import make_chat, make_execution, make_message, make_notification
from tests.fixtures.events import Event, events_of
from tests.fixtures.people import Person, with_key
from tests.fixtures.waiting import SECONDS, until, waiting

STREAM = "/stream"

Wanted = dict[str, list[UUID]]
MANY = [UUID(int=number) for number in range(21)]


@pytest.fixture
def stream(settings: Settings, uow: SqlUnitOfWorkFactory, state: ProcessState) -> CombinedStream:
    return wire(settings, uow, {}, state).notifications.combined_stream


class World:
    """What one person has, and what happens to it, as in another process."""

    def __init__(self, uow: SqlUnitOfWorkFactory, person: Person) -> None:
        self.uow = uow
        self.person = person
        self.execution = make_execution(owner_id=person.user.id, status=ExecutionStatus.PENDING)
        self.chat = make_chat(owner_id=person.user.id)

    @property
    def wanted(self) -> Wanted:
        return {
            "notifications": [self.person.user.id],
            "execution": [self.execution.id],
            "chat": [self.chat.id],
        }

    @property
    def query(self) -> str:
        return f"notifications=true&execution={self.execution.id}&chat={self.chat.id}"

    async def store(self) -> None:
        async with self.uow(SYSTEM) as unit:
            await unit.executions.save(self.execution)
            await unit.chats.save(self.chat)
            await unit.commit()

    async def notify(self, count: int = 1) -> list[UUID]:
        rows = [make_notification(user_id=self.person.user.id) for _ in range(count)]
        async with self.uow(SYSTEM) as unit:
            for row in rows:
                await unit.notifications.add(row)
            unit.notify(Channel.NOTIFICATIONS, str(self.person.user.id))
            await unit.commit()
        return [row.id for row in rows]

    async def report(self, done: int) -> None:
        async with self.uow(SYSTEM) as unit:
            execution = await unit.executions.get(self.execution.id, for_update=True)
            execution.report(done, None, f"{done} done")
            await unit.executions.save(execution)
            unit.notify(Channel.EXECUTIONS, str(execution.id))
            await unit.commit()

    async def say(self, text: str = "Hello") -> ChatMessage:
        message = make_message(chat_id=self.chat.id, text=text)
        async with self.uow(SYSTEM) as unit:
            await unit.chat_messages.save(message)
            await unit.commit()
        return message

    async def change(self, message: ChatMessage, text: str) -> None:
        async with self.uow(SYSTEM) as unit:
            await unit.chats.get(self.chat.id, for_update=True)
            found = await unit.chat_messages.get(message.id, for_update=True)
            found.text = text
            await unit.chat_messages.save(found)
            await unit.commit()


@pytest.fixture
async def world(uow: SqlUnitOfWorkFactory, member: Person) -> World:
    world = World(uow, member)
    await world.store()
    return world


def told(event: StreamEvent) -> Any:
    """What an event is about, and in which state."""
    if event.news is None:
        return "start"
    match event.news.row:
        case Notification() as row:
            return row.id
        case Execution() as row:
            return row.id, row.progress_done
        case ChatMessage() as row:
            return row.id, row.text
    return "gone", event.news.part.id


@asynccontextmanager
async def following(
    stream: CombinedStream, world: World, after: Positions, wanted: Wanted | None = None
) -> AsyncIterator[Callable[[int], Awaitable[list[StreamEvent]]]]:
    """Take so many of the next events."""
    by = world.person.principal
    parts = await stream.open(world.wanted if wanted is None else wanted, after, by)
    async with aclosing(stream.events(parts, by)) as events:

        async def take(count: int) -> list[StreamEvent]:
            async with asyncio.timeout(SECONDS):
                return [await anext(events) for _ in range(count)]

        yield take


async def test_what_is_new_in_any_part_is_told_at_once(
    stream: CombinedStream, world: World
) -> None:
    async with following(stream, world, {}) as take:
        first, second = await take(2)
        [notification] = await world.notify()
        [third] = await take(1)
        message = await world.say()
        [fourth] = await take(1)
        await world.report(3)
        [fifth] = await take(1)

    assert [told(each) for each in (first, second, third, fourth, fifth)] == [
        "start",
        (world.execution.id, 0),
        notification,
        (message.id, "Hello"),
        (world.execution.id, 3),
    ]


async def test_what_was_there_before_is_not_told_but_for_the_state(
    stream: CombinedStream, world: World
) -> None:
    await world.notify(2)
    await world.say()

    async with following(stream, world, {}) as take:
        await take(2)
        later = await world.say("Later")
        [event] = await take(1)

    assert told(event) == (later.id, "Later")


async def test_each_event_can_be_resumed_from_and_nothing_comes_twice(
    stream: CombinedStream, world: World
) -> None:
    async with following(stream, world, {}) as take:
        events = await take(2)
        await world.notify(3)
        messages = [await world.say(f"Message {number}") for number in range(30)]
        await world.change(messages[4], "Changed")
        await world.report(1)
        events += await take(3 + 30 + 1)
        # Of the message that has changed meanwhile, its first state may have been told or not.
        seen = [told(each) for each in events]
        while (world.execution.id, 1) not in seen or (messages[4].id, "Changed") not in seen:
            events += await take(1)
            seen = [told(each) for each in events]

    last = {key: index for index, key in enumerate(seen)}
    newest = {key for key in seen if key != (messages[4].id, "Message 4")}
    for place in range(2, len(events)):
        async with following(stream, world, events[place - 1].positions) as take:
            missed = [key for key in newest if key in last and last[key] >= place]
            again = [told(each) for each in await take(1 + len(missed))]
            [end] = await world.notify()
            [after] = await take(1)
        assert again[0] == "start"
        assert sorted(map(str, again[1:])) == sorted(map(str, missed))
        assert told(after) == end
        async with world.uow(SYSTEM) as unit:
            await unit.notifications.delete(await unit.notifications.get(end))
            await unit.commit()


async def test_before_the_first_news_the_beginning_can_be_resumed_from(
    stream: CombinedStream, world: World
) -> None:
    async with following(stream, world, {}) as take:
        [start] = await take(1)
    [notification] = await world.notify()
    message = await world.say()

    async with following(stream, world, start.positions) as take:
        events = await take(4)

    assert {told(each) for each in events[1:]} == {
        notification,
        (message.id, "Hello"),
        (world.execution.id, 0),
    }


async def test_what_is_followed_may_change_at_each_time(
    stream: CombinedStream, world: World
) -> None:
    async with following(stream, world, {}, {"notifications": [world.person.user.id]}) as take:
        [start] = await take(1)
    [notification] = await world.notify()

    async with following(stream, world, start.positions) as take:
        events = await take(3)
    async with following(stream, world, events[-1].positions, {"chat": [world.chat.id]}) as take:
        await take(1)
        message = await world.say()
        [event] = await take(1)

    assert {told(each) for each in events[1:]} == {notification, (world.execution.id, 0)}
    assert told(event) == (message.id, "Hello")


async def test_long_arrears_of_one_part_do_not_hold_up_the_others(
    stream: CombinedStream, world: World
) -> None:
    async with following(stream, world, {}) as take:
        [start] = await take(1)
    await world.notify(250)
    message = await world.say()

    async with following(stream, world, start.positions) as take:
        events = [told(each) for each in await take(1 + 250 + 2)]

    assert events.index((world.execution.id, 0)) <= 101
    assert events.index((message.id, "Hello")) <= 102


async def test_what_is_deleted_is_gone_once_and_the_others_go_on(
    stream: CombinedStream, world: World
) -> None:
    async with world.uow(SYSTEM) as unit:
        execution = await unit.executions.get(world.execution.id)
        execution.finish(ExecutionStatus.CANCELLED)
        await unit.executions.save(execution)
        await unit.commit()
    async with following(stream, world, {}) as take:
        await take(2)
        await world.person.delete(f"/executions/{world.execution.id}")
        [first] = await take(1)
        await world.person.delete(f"/chats/{world.chat.id}")
        [second] = await take(1)
        [notification] = await world.notify()
        [third] = await take(1)

    assert told(first) == ("gone", world.execution.id)
    assert told(second) == ("gone", world.chat.id)
    assert told(third) == notification
    assert set(third.positions) == {world.person.user.id}


async def test_a_stream_ends_when_all_that_it_follows_is_gone(
    stream: CombinedStream, world: World
) -> None:
    by = world.person.principal
    parts = await stream.open({"chat": [world.chat.id]}, {}, by)
    events = stream.events(parts, by)
    await anext(events)
    await world.person.delete(f"/chats/{world.chat.id}")

    async with asyncio.timeout(SECONDS):
        assert [told(each) async for each in events] == [("gone", world.chat.id)]


async def test_an_execution_that_is_run_again_is_followed_again(
    stream: CombinedStream, world: World
) -> None:
    async with following(stream, world, {}) as take:
        await take(2)
        await world.person.post(f"/executions/{world.execution.id}/cancel")
        [ended] = await take(1)
        await world.person.post(f"/executions/{world.execution.id}/retry")
        [again] = await take(1)

    rows = [event.news.row for event in (ended, again) if event.news and event.news.row]
    assert [row.status for row in rows] == [ExecutionStatus.CANCELLED, ExecutionStatus.PENDING]


async def test_positions_that_are_yet_to_come_begin_anew(
    stream: CombinedStream, world: World
) -> None:
    """As after a restore of the database: what was seen is no longer there."""
    message = await world.say("Before")
    ahead = dict.fromkeys([each for ids in world.wanted.values() for each in ids], 2**64 - 1)

    async with following(stream, world, ahead) as take:
        state = await take(2)
        [notification] = await world.notify()
        [first] = await take(1)
        await world.change(message, "After")
        [second] = await take(1)

    assert [told(each) for each in state] == ["start", (world.execution.id, 0)]
    assert told(first) == notification
    assert told(second) == (message.id, "After")


async def log_out(person: Person) -> None:
    await person.post("/auth/logout")


@pytest.mark.parametrize("wanted", ["notifications", "execution", "chat"])
async def test_a_stream_ends_with_the_session(
    stream: CombinedStream, world: World, wanted: str
) -> None:
    by = world.person.principal
    events = stream.events(await stream.open({wanted: world.wanted[wanted]}, {}, by), by)
    await anext(events)

    await log_out(world.person)

    async with asyncio.timeout(SECONDS):
        await world.notify()
        left = [told(each) async for each in events]
    assert left in ([], [(world.execution.id, 0)])


async def test_a_stream_ends_at_once_when_the_process_stops(
    stream: CombinedStream, state: ProcessState, world: World
) -> None:
    async with following(stream, world, {}) as take:
        await take(2)
        state.stopped.set()

        with pytest.raises(StopAsyncIteration):
            await take(1)


async def test_who_waits_holds_no_connection(
    stream: CombinedStream, world: World, database: Database
) -> None:
    pool: Any = database.engine.pool
    async with following(stream, world, {}) as take:
        await take(2)
        coming = asyncio.ensure_future(take(1))

        async def is_none_held() -> bool:
            return not pool.checkedout()

        await until(is_none_held)
        assert not coming.done()
        await world.notify()
        await coming


async def test_changes_of_a_chat_are_committed_in_their_order(
    stream: CombinedStream, world: World, database: Database
) -> None:
    """One that is numbered earlier and comes later would be missed by who has seen the other."""
    one, other = await world.say("One"), await world.say("Other")
    async with following(stream, world, {}) as take:
        await take(2)
        async with world.uow(SYSTEM) as unit:
            first = await unit.chat_messages.get(one.id)
            first.text = "First"
            await unit.chat_messages.save(first)
            async with waiting(world.change(other, "Second"), database):
                await unit.commit()
        events = [told(each) for each in await take(2)]

    assert events == [(one.id, "First"), (other.id, "Second")]


async def test_who_rates_an_answer_locks_its_chat_first(world: World, database: Database) -> None:
    message = await world.say()
    path = f"/chats/{world.chat.id}/messages/{message.id}/feedback"
    rating = {"rating": "good", "comment": None}
    async with world.uow(SYSTEM) as unit:
        await unit.chats.get(world.chat.id, for_update=True)
        async with waiting(world.person.put(path, json=rating), database):
            found = await unit.chat_messages.get(message.id, for_update=True)
            found.text = "Changed"
            await unit.chat_messages.save(found)
            await unit.commit()

    kept = (await world.person.get(f"/chats/{world.chat.id}/messages/{message.id}")).json()
    assert (kept["text"], kept["rating"]) == ("Changed", "good")


async def take(events: AsyncIterator[Event], count: int) -> list[Event]:
    async with asyncio.timeout(SECONDS):
        return [await anext(events) for _ in range(count)]


async def test_events_have_names_ids_and_the_public_form(world: World) -> None:
    async with events_of(world.person, f"{STREAM}?{world.query}") as coming:
        events = await take(coming, 2)
        for act in (world.notify, world.say):
            await act()
            events += await take(coming, 1)

    assert [each.name for each in events] == ["start", "execution", "notification", "chat_message"]
    assert len({each.event_id for each in events}) == 4
    _, execution, notification, message = (each.data for each in events)
    assert execution.keys() == {
        *("id", "version", "status", "progress_done", "progress_total", "progress_message"),
        *("attempts", "error", "summary"),
    }
    assert "user_id" not in notification
    assert message["chat_id"] == str(world.chat.id)
    assert "change" not in message


async def test_the_last_id_resumes_over_http(world: World) -> None:
    path = f"{STREAM}?{world.query}"
    async with events_of(world.person, path) as coming:
        _, last = await take(coming, 2)
    [notification] = await world.notify()

    async with events_of(world.person, path, last.event_id) as coming:
        events = await take(coming, 2)

    assert [(each.name, each.data.get("id")) for each in events] == [
        ("start", None),
        ("notification", str(notification)),
    ]


@pytest.mark.parametrize(
    ("query", "loc", "said"),
    [
        ("", ["query"], ", ".join(StreamQuery.model_fields)),
        ("notifications=false", ["query"], ", ".join(StreamQuery.model_fields)),
        ("notifications=perhaps", ["query", "notifications"], ""),
        ("execution=7", ["query", "execution", 0], ""),
        ("chat=7", ["query", "chat", 0], ""),
        ("notification=true", ["query", "notification"], ""),
        ("&".join(f"chat={each}" for each in MANY), ["query", "chat"], "20"),
        ("&".join(f"execution={each}" for each in MANY), ["query", "execution"], "20"),
    ],
)
async def test_a_query_that_can_not_be_followed_is_refused_by_its_parameter(
    member: Person, query: str, loc: list[Any], said: str
) -> None:
    answer = await member.get(f"{STREAM}?{query}")

    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["loc"] == loc
    assert said in error["msg"]


@pytest.mark.parametrize("last", ["x", "7", "", str(UUID(int=7)), "A" * 38, "A" * 1_500])
async def test_an_id_that_no_event_had_is_refused_with_the_remedy(
    member: Person, last: str
) -> None:
    answer = await member.get(f"{STREAM}?notifications=true", headers={"Last-Event-ID": last})

    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["loc"] == ["header", "Last-Event-ID"]
    assert "leave it out" in error["msg"] or len(last) > 1_400


@pytest.mark.parametrize("name", ["execution", "chat"])
async def test_what_is_somebody_elses_is_not_there(viewer: Person, world: World, name: str) -> None:
    somebody_elses, no_ones = world.wanted[name][0], uuid4()

    answers = [
        await viewer.get(f"{STREAM}?notifications=true&{name}={each}")
        for each in (somebody_elses, no_ones)
    ]

    assert [answer.status_code for answer in answers] == [404, 404]
    details = [answer.json()["detail"] for answer in answers]
    assert details[0].replace(str(somebody_elses), str(no_ones)) == details[1]


async def test_a_key_follows_until_it_is_revoked(world: World) -> None:
    key = await with_key(world.person)
    keys = (await world.person.get("/api-keys")).json()["items"]
    async with events_of(key, f"{STREAM}?{world.query}") as coming:
        events = await take(coming, 2)

        await world.person.delete(f"/api-keys/{keys[0]['id']}")

        async with asyncio.timeout(SECONDS):
            assert [event async for event in coming] == []
    assert [each.name for each in events] == ["start", "execution"]
