"""What is told as it happens: to streams, and from process to process."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from backend.core.config import Settings
from backend.core.database import owner_url
from backend.core.permissions import Principal
from backend.core.scopes import Within
from backend.models.notifications.notifications import Notification
from backend.models.platform.job_requests import Queue
from backend.process_state import process_state
from backend.repositories.platform.unit import Channel
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.services.container import Services
from backend.wiring import wire
from tests.factories import make_notification
from tests.fixtures.jobs import Jobs
from tests.fixtures.organisations import Company, Hire
from tests.fixtures.people import Person
from tests.fixtures.waiting import SECONDS, until
from tests.integration.notifications.test_notification_stream import begin, take

Companies = tuple[Company, Company]
REPORT = {"kind": "report", "inputs": {"report": "tasks_by_age"}}


@pytest.fixture
async def listening(divided: Settings, units: SqlUnitOfWorkFactory) -> AsyncIterator[Services]:
    """The services of a process that listens."""
    state = process_state(divided)
    async with state.listener.running():
        yield wire(divided, units, {}, state)


def within(company: Company, person: Person) -> Principal:
    user, session = person.user, person.session
    return Principal(user.id, user.role, session.id, company.scope.organisation_id)


async def notify(units: SqlUnitOfWorkFactory, scope: Within, person: Person) -> UUID:
    """As another process would."""
    notification = make_notification(user_id=person.user.id)
    async with units(scope) as unit:
        await unit.notifications.add(notification)
        unit.notify(Channel.NOTIFICATIONS, str(person.user.id))
        await unit.commit()
    return notification.id


async def test_a_stream_tells_what_comes_where_one_acts(
    companies: Companies, hire: Hire, listening: Services, units: SqlUnitOfWorkFactory
) -> None:
    own, other = companies
    here = await hire(own)
    there = await hire(other, user=here.user)
    watch = listening.notifications.notification_watch
    streams = [
        watch.coming(within(own, here), None),
        watch.coming(within(other, there), None),
    ]
    # Both have seen the same: nothing.
    waiting = [await begin(stream) for stream in streams]

    first = await notify(units, own.scope, here)
    second = await notify(units, other.scope, there)

    async with asyncio.timeout(SECONDS):
        assert [(await each).id for each in waiting] == [first, second]
    third = await notify(units, own.scope, here)
    assert await take(streams[0], 1) == [third]


async def test_a_stream_goes_on_after_what_it_has_seen_itself(
    companies: Companies, hire: Hire, listening: Services, units: SqlUnitOfWorkFactory
) -> None:
    own, other = companies
    here = await hire(own)
    there = await hire(other, user=here.user)
    elsewhere = await notify(units, other.scope, there)

    watch = listening.notifications.notification_watch
    stream: AsyncIterator[Notification] = watch.coming(within(own, here), elsewhere)
    waiting = await begin(stream)
    new = await notify(units, own.scope, here)

    async with asyncio.timeout(SECONDS):
        assert (await waiting).id == new


async def test_nobody_streams_an_execution_of_another_organisation(
    companies: Companies, hire: Hire
) -> None:
    own, other = companies
    here = await hire(own)
    there = await hire(other, user=here.user)
    made = (await here.post("/executions", json=REPORT)).json()

    assert (await there.get(f"/executions/{made['id']}/stream")).status_code == 404


@pytest.fixture
def notices(divided: Settings) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A connection that hears what processes tell each other."""
    with psycopg.connect(owner_url(divided.database), autocommit=True) as connection:
        for channel in Channel:
            connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel.value)))
        yield connection


async def test_processes_tell_each_other_ids_alone(
    companies: Companies,
    hire: Hire,
    divided_jobs: Jobs,
    notices: psycopg.Connection[tuple[object, ...]],
) -> None:
    own, _ = companies
    member = await hire(own)
    task = {"title": own.marker, "assignee_id": str(member.user.id)}
    assert (await own.admin.post("/tasks", json=task)).status_code == 201
    named = REPORT | {"name": own.marker}
    assert (await member.post("/executions", json=named)).status_code == 202
    chat = (await member.post("/chats", json={"title": own.marker})).json()
    said = await member.post(f"/chats/{chat['id']}/messages", json={"text": own.marker})
    assert said.status_code == 201, said.text
    await divided_jobs.drain(Queue.EVENTS, Queue.EXECUTIONS)
    assert (await own.admin.delete(f"/members/{member.user.id}")).status_code == 204

    told: set[tuple[str, str]] = set()

    async def is_all_told() -> bool:
        told.update((each.channel, each.payload) for each in notices.notifies(timeout=0))
        return {channel for channel, _ in told} == set(Channel)

    await until(is_all_told)
    shape = re.compile(r"(identity:)?[0-9a-f-]{36}")
    assert [payload for _, payload in told if not shape.fullmatch(payload)] == []
