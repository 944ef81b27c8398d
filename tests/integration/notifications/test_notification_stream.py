"""Notifications by server-sent events, from a server's listening connection."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from backend.core.config import Settings
from backend.core.database import Database
from backend.core.scopes import SYSTEM
from backend.models.notifications.notifications import Notification
from backend.process_state import ProcessState
from backend.repositories.platform.unit import Channel
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.services.notifications.stream import NotificationWatch
from backend.wiring import wire
from tests.factories import make_notification
from tests.fixtures.people import Person
from tests.fixtures.statements import sent_statements
from tests.fixtures.waiting import SECONDS


@pytest.fixture
def watch(settings: Settings, uow: SqlUnitOfWorkFactory, state: ProcessState) -> NotificationWatch:
    return wire(settings, uow, {}, state).notifications.notification_watch


async def add(uow: SqlUnitOfWorkFactory, person: Person, count: int = 1) -> list[UUID]:
    """As another process would."""
    notifications = [make_notification(user_id=person.user.id) for _ in range(count)]
    async with uow(SYSTEM) as unit:
        for notification in notifications:
            await unit.notifications.add(notification)
        unit.notify(Channel.NOTIFICATIONS, str(person.user.id))
        await unit.commit()
    return [notification.id for notification in notifications]


async def take(stream: AsyncIterator[Notification], count: int) -> list[UUID]:
    async with asyncio.timeout(SECONDS):
        return [(await anext(stream)).id for _ in range(count)]


async def begin(stream: AsyncIterator[Notification]) -> asyncio.Future[Notification]:
    """Wait for the first; answers when the stream has subscribed."""
    first = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0.1)
    assert not first.done()
    return first


async def test_what_comes_is_told_at_once_and_what_was_there_is_not(
    watch: NotificationWatch, uow: SqlUnitOfWorkFactory, viewer: Person
) -> None:
    await add(uow, viewer)
    stream = watch.coming(viewer.principal, None)
    first = await begin(stream)

    new = await add(uow, viewer, 3)

    async with asyncio.timeout(0.9):  # Sooner than it looks by itself.
        assert [(await first).id, *await take(stream, 2)] == new


async def test_the_first_of_all_is_told(
    watch: NotificationWatch, uow: SqlUnitOfWorkFactory, viewer: Person
) -> None:
    first = await begin(watch.coming(viewer.principal, None))

    (new,) = await add(uow, viewer)

    async with asyncio.timeout(SECONDS):
        assert (await first).id == new


async def test_what_comes_after_the_clock_of_the_database_went_back_is_told(
    watch: NotificationWatch, uow: SqlUnitOfWorkFactory, database: Database, viewer: Person
) -> None:
    """As when another server takes over."""
    await add(uow, viewer)
    ahead = "UPDATE notifications SET created_at = now() + interval '1 minute'"
    async with database.engine.begin() as connection:
        await connection.execute(text(ahead))
    first = await begin(watch.coming(viewer.principal, None))

    new = await add(uow, viewer, 2)

    async with asyncio.timeout(SECONDS):
        assert (await first).id == new[0]
    listed = (await viewer.get("/notifications")).json()["items"]
    assert [each["id"] for each in listed[:2]] == [str(each) for each in reversed(new)]


async def test_who_resumes_gets_all_that_came_since(
    watch: NotificationWatch, uow: SqlUnitOfWorkFactory, viewer: Person
) -> None:
    ids = await add(uow, viewer, 250)
    stream = watch.coming(viewer.principal, ids[9])

    assert await take(stream, 240) == ids[10:]


async def test_who_resumes_after_one_that_is_gone_gets_what_comes(
    watch: NotificationWatch, uow: SqlUnitOfWorkFactory, viewer: Person
) -> None:
    await add(uow, viewer)
    first = await begin(watch.coming(viewer.principal, uuid4()))

    (new,) = await add(uow, viewer)

    async with asyncio.timeout(SECONDS):
        assert (await first).id == new


async def test_those_of_somebody_else_are_not_told(
    watch: NotificationWatch, uow: SqlUnitOfWorkFactory, viewer: Person, admin: Person
) -> None:
    first = await begin(watch.coming(admin.principal, None))
    await add(uow, viewer)
    await asyncio.sleep(0.1)

    (own,) = await add(uow, admin)

    async with asyncio.timeout(SECONDS):
        assert (await first).id == own


async def test_a_stream_ends_with_the_session(watch: NotificationWatch, viewer: Person) -> None:
    first = await begin(watch.coming(viewer.principal, None))

    await viewer.post("/auth/logout")

    with pytest.raises(StopAsyncIteration):
        await asyncio.wait_for(first, SECONDS)


async def test_a_stream_ends_at_once_when_the_process_stops(
    watch: NotificationWatch, state: ProcessState, viewer: Person
) -> None:
    first = await begin(watch.coming(viewer.principal, None))

    state.stopped.set()

    with pytest.raises(StopAsyncIteration):
        await asyncio.wait_for(first, 0.5)


async def test_who_waits_holds_no_connection(
    watch: NotificationWatch, database: Database, viewer: Person
) -> None:
    first = await begin(watch.coming(viewer.principal, None))

    assert database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]  # of a queue
    first.cancel()


async def test_many_follow_at_once(
    watch: NotificationWatch, uow: SqlUnitOfWorkFactory, viewer: Person
) -> None:
    streams = [watch.coming(viewer.principal, None) for _ in range(30)]
    waiting = [asyncio.ensure_future(anext(stream)) for stream in streams]
    await asyncio.sleep(0.3)

    (new,) = await add(uow, viewer)

    async with asyncio.timeout(3 * SECONDS):
        assert {each.id for each in await asyncio.gather(*waiting)} == {new}


async def test_what_many_follow_is_read_once(
    watch: NotificationWatch, uow: SqlUnitOfWorkFactory, viewer: Person
) -> None:
    (begun,) = await add(uow, viewer)
    streams = [watch.coming(viewer.principal, begun) for _ in range(20)]
    waiting = [asyncio.ensure_future(anext(stream)) for stream in streams]
    await asyncio.sleep(0.3)

    with sent_statements() as statements:
        (new,) = await add(uow, viewer)
        async with asyncio.timeout(3 * SECONDS):
            assert {each.id for each in await asyncio.gather(*waiting)} == {new}

    reads = [each for each in statements if each.text.startswith("SELECT")]
    looks = [each for each in reads if "FROM notifications" in each.text]
    assert len(looks) == 1


async def test_who_shares_a_look_may_leave(
    watch: NotificationWatch, uow: SqlUnitOfWorkFactory, viewer: Person
) -> None:
    (begun,) = await add(uow, viewer)
    first, second = (
        asyncio.ensure_future(anext(watch.coming(viewer.principal, begun))) for _ in range(2)
    )
    await asyncio.sleep(0.1)

    (new,) = await add(uow, viewer)
    first.cancel()

    async with asyncio.timeout(SECONDS):
        assert (await second).id == new


@pytest.mark.parametrize("last", ["x", "7"])
async def test_an_id_that_is_none_is_named(viewer: Person, last: str) -> None:
    answer = await viewer.get("/notifications/stream", headers={"Last-Event-ID": last})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["header", "Last-Event-ID"]


async def test_at_the_end_all_that_was_told_can_be_read(
    viewer: Person, uow: SqlUnitOfWorkFactory, watch: NotificationWatch
) -> None:
    ids = await add(uow, viewer, 3)
    told = await take(watch.coming(viewer.principal, ids[0]), 2)

    items: list[dict[str, Any]] = (await viewer.get("/notifications")).json()["items"]
    assert [str(each) for each in told] == [each["id"] for each in reversed(items[:2])]
