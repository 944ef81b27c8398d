"""Events become notifications, once for each receiver, on the ways that the receiver wants."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlalchemy import text

from backend.core.database import Database
from backend.core.permissions import Role
from backend.core.scopes import FIRST, SYSTEM
from backend.models.notifications.notifications import NotificationKind
from backend.models.platform.audit_events import EventQuery
from backend.models.platform.job_requests import Queue
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from tests.factories import make_notification
from tests.fixtures.jobs import Jobs
from tests.fixtures.people import Person, SignedIn

PASSWORD = "correct horse battery staple"


async def told(person: Person, **query: Any) -> list[dict[str, Any]]:
    answer = await person.get("/notifications", params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def mailed(database: Database) -> list[tuple[str, str]]:
    """To whom, and with what title."""
    async with database.engine.connect() as connection:
        rows = await connection.execute(text("SELECT recipient, payload ->> 'title' FROM mails"))
        return [(recipient, title) for recipient, title in rows if title]


async def give(manager: Person, to: Person, title: str = "Call") -> str:
    given = {"title": title, "assignee_id": str(to.user.id)}
    return str((await manager.post("/tasks", json=given)).json()["id"])


async def prefer(person: Person, **channels: Mapping[str, bool]) -> None:
    preferences = [{"kind": kind, **each} for kind, each in channels.items()]
    answer = await person.put("/notifications/preferences", json={"preferences": preferences})
    assert answer.status_code == 200, answer.text


async def test_whoever_gets_a_task_is_told(
    manager: Person, member: Person, jobs: Jobs, database: Database
) -> None:
    task_id = await give(manager, member)
    await jobs.drain(Queue.EVENTS)

    (notification,) = await told(member)
    assert notification["kind"] == "task_assigned"
    assert notification["text"] == "Call"
    assert (notification["subject_kind"], notification["subject_id"]) == ("task", task_id)
    assert notification["read_at"] is None
    assert await told(manager) == []
    assert await mailed(database) == [(member.user.email, notification["title"])]


async def test_nobody_is_told_of_what_they_did_themselves(admin: Person, jobs: Jobs) -> None:
    await give(admin, admin)
    lead = (await admin.post("/leads", json={"name": "Ada"})).json()["id"]
    await admin.post(f"/leads/{lead}/convert")
    await jobs.drain(Queue.EVENTS)

    assert await told(admin) == []


async def test_a_task_that_is_gone_again_is_no_news(
    manager: Person, member: Person, jobs: Jobs
) -> None:
    await manager.delete(f"/tasks/{await give(manager, member)}")
    await jobs.drain(Queue.EVENTS)

    assert await told(member) == []


async def test_who_no_longer_has_a_task_is_not_told_of_it(
    manager: Person, member: Person, viewer: Person, jobs: Jobs, database: Database
) -> None:
    """Events may wait, as in an outage."""
    path = f"/tasks/{await give(manager, member)}"
    given = await manager.patch(path, json={"assignee_id": str(viewer.user.id)})
    assert given.status_code == 200, given.text
    await jobs.drain(Queue.EVENTS)

    assert await told(member) == []
    assert len(await told(viewer)) == 1
    assert [recipient for recipient, _ in await mailed(database)] == [viewer.user.email]


async def test_the_owner_of_a_lead_is_told_of_its_conversion(
    manager: Person, member: Person, jobs: Jobs
) -> None:
    lead = (await member.post("/leads", json={"name": "Ada"})).json()["id"]
    await manager.post(f"/leads/{lead}/convert")
    await jobs.drain(Queue.EVENTS)

    (notification,) = await told(member)
    assert (notification["kind"], notification["text"]) == ("lead_converted", "Ada")


async def test_a_new_module_is_told_of(viewer: Person, jobs: Jobs) -> None:
    await viewer.post("/modules", json={"title": "Mine"})
    await jobs.drain(Queue.EVENTS)

    (notification,) = await told(viewer)
    assert (notification["kind"], notification["text"]) == ("module_created", "Mine")


async def test_the_owner_is_told_of_the_end_of_an_execution(viewer: Person, jobs: Jobs) -> None:
    report = {"kind": "report", "inputs": {"report": "tasks_by_age"}, "name": "Ages"}
    assert (await viewer.post("/executions", json=report)).status_code == 202
    await jobs.drain(Queue.EXECUTIONS, Queue.EVENTS)

    (notification,) = await told(viewer)
    assert notification["title"] == "Your execution is completed"
    assert notification["text"] == "Ages (count: 0)"


async def test_who_cancels_an_execution_is_not_told(viewer: Person, jobs: Jobs) -> None:
    report = {"kind": "report", "inputs": {"report": "tasks_by_age"}}
    execution = (await viewer.post("/executions", json=report)).json()["id"]
    await viewer.post(f"/executions/{execution}/cancel")
    await jobs.drain(Queue.EXECUTIONS, Queue.EVENTS)

    assert await told(viewer) == []


async def test_the_owner_is_told_that_an_admin_has_stopped_an_execution(
    viewer: Person, jobs: Jobs
) -> None:
    report = {"kind": "report", "inputs": {"report": "tasks_by_age"}, "name": "Ages"}
    execution = (await viewer.post("/executions", json=report)).json()
    executions = jobs.services.background.executions
    await executions.end_stopped(UUID(execution["id"]), FIRST, execution["job_id"])
    await jobs.drain(Queue.EVENTS)

    (notification,) = await told(viewer)
    assert (notification["title"], notification["text"]) == ("Your execution was stopped", "Ages")


async def sign_in(client: httpx2.AsyncClient, device: str) -> Person:
    answer = await client.post(
        "/api/v1/auth/token",
        data={"username": "ada@example.com", "password": PASSWORD},
        headers={"User-Agent": device},
    )
    token = answer.json()["access_token"]
    return Person(None, None, token, client)  # type: ignore[arg-type]  # only requests are made


async def test_a_sign_in_from_an_unknown_device_is_told_of(
    client: httpx2.AsyncClient, jobs: Jobs, database: Database
) -> None:
    ada = {"email": "ada@example.com", "full_name": "Ada", "password": PASSWORD}
    await client.post("/api/v1/auth/register", json=ada)
    person = await sign_in(client, "Known")
    await sign_in(client, "Known")
    await jobs.drain(Queue.EVENTS)
    assert await told(person) == []

    await sign_in(client, "Unknown")
    await jobs.drain(Queue.EVENTS)

    (notification,) = await told(person)
    assert notification["kind"] == "new_device"
    assert notification["text"].startswith("With Unknown, from 127.0.0.1.")


async def links_in_mails(database: Database) -> list[str]:
    async with database.engine.connect() as connection:
        payloads = await connection.execute(
            text("SELECT payload ->> 'link' FROM mails WHERE kind = 'notification' ORDER BY id")
        )
        return list(payloads.scalars())


async def test_mails_lead_to_what_they_tell_of(
    manager: Person, member: Person, jobs: Jobs, database: Database
) -> None:
    kinds = ("task_assigned", "lead_converted", "module_created", "execution_finished")
    await prefer(member, **{kind: {"in_app": True, "mail": True} for kind in kinds})
    await give(manager, member)
    lead = (await member.post("/leads", json={"name": "Ada"})).json()["id"]
    await manager.post(f"/leads/{lead}/convert")
    await member.post("/modules", json={"title": "Mine"})
    report = {"kind": "report", "inputs": {"report": "tasks_by_age"}}
    await member.post("/executions", json=report)
    await jobs.drain(Queue.EXECUTIONS, Queue.EVENTS)

    subjects = await told(member)
    pages = {f"/{each['subject_kind']}s/{each['subject_id']}" for each in subjects}
    assert len(pages) == len(kinds)
    assert set(await links_in_mails(database)) == pages


async def test_the_first_sign_in_to_an_account_that_is_old_is_from_a_new_device(
    client: httpx2.AsyncClient, jobs: Jobs, database: Database
) -> None:
    ada = {"email": "ada@example.com", "full_name": "Ada", "password": PASSWORD}
    await client.post("/api/v1/auth/register", json=ada)
    async with database.engine.connect() as connection:
        await connection.execute(text("UPDATE users SET created_at = now() - interval '2 days'"))

    person = await sign_in(client, "Unknown")
    await jobs.drain(Queue.EVENTS)

    assert [each["kind"] for each in await told(person)] == ["new_device"]


async def test_an_event_that_is_handled_twice_tells_once(
    manager: Person, member: Person, jobs: Jobs, uow: SqlUnitOfWorkFactory, database: Database
) -> None:
    await give(manager, member)
    async with uow.reading(SYSTEM) as unit:
        page = await unit.events.page(EventQuery(type=["task.assigned"]))
    for _ in range(3):
        await jobs.services.notifications.notifier.handle(page.items[0].happened(), FIRST)

    assert len(await told(member)) == 1
    assert len(await mailed(database)) == 1


@pytest.mark.parametrize("in_app", [True, False])
@pytest.mark.parametrize("mail", [True, False])
async def test_people_choose_where_they_are_told(
    manager: Person, member: Person, jobs: Jobs, database: Database, in_app: bool, mail: bool
) -> None:
    await prefer(member, task_assigned={"in_app": in_app, "mail": mail})
    await give(manager, member)
    await jobs.drain(Queue.EVENTS)

    assert len(await told(member)) == in_app
    assert len(await mailed(database)) == mail


async def test_a_deactivated_person_gets_no_mail(
    admin: Person, member: Person, jobs: Jobs, database: Database
) -> None:
    await give(admin, member)
    await admin.post(f"/users/{member.user.id}/deactivate")
    await jobs.drain(Queue.EVENTS)

    assert await mailed(database) == []


async def test_preferences_are_complete_and_change_only_where_they_are_named(
    viewer: Person,
) -> None:
    before = (await viewer.get("/notifications/preferences")).json()["preferences"]
    await prefer(viewer, module_created={"in_app": False, "mail": True})
    after = (await viewer.get("/notifications/preferences")).json()["preferences"]

    changed = {"kind": "module_created", "in_app": False, "mail": True}
    assert [each for each in after if each not in before] == [changed]
    assert [each["kind"] for each in after] == [each["kind"] for each in before]
    assert len(after) == len(before) == len(NotificationKind)


@pytest.mark.parametrize(
    ("preference", "field"),
    [
        ({"kind": "weather", "in_app": True, "mail": True}, "kind"),
        ({"kind": "new_device", "in_app": True}, "mail"),
        ({"kind": "new_device", "in_app": True, "mail": True, "sms": True}, "sms"),
    ],
)
async def test_preferences_that_make_no_sense_are_refused(
    viewer: Person, preference: dict[str, Any], field: str
) -> None:
    answer = await viewer.put("/notifications/preferences", json={"preferences": [preference]})

    assert answer.status_code == 422
    assert field in answer.json()["errors"][0]["loc"]


async def test_a_kind_that_is_named_twice_is_refused(viewer: Person) -> None:
    twice = [{"kind": "new_device", "in_app": True, "mail": on} for on in (True, False)]
    answer = await viewer.put("/notifications/preferences", json={"preferences": twice})

    assert answer.status_code == 422
    assert "once" in answer.text


@pytest.fixture
async def three(uow: SqlUnitOfWorkFactory, viewer: Person) -> list[UUID]:
    """Notifications of the viewer, first to last."""
    notifications = [make_notification(user_id=viewer.user.id) for _ in range(3)]
    async with uow(SYSTEM) as unit:
        for notification in notifications:
            assert await unit.notifications.add(notification)
        await unit.commit()
    return [notification.id for notification in notifications]


async def test_what_was_read_stays_and_counts_no_longer(viewer: Person, three: list[UUID]) -> None:
    first = await viewer.post(f"/notifications/{three[0]}/read")
    again = await viewer.post(f"/notifications/{three[0]}/read")

    assert first.json()["read_at"] is not None
    assert again.json() == first.json()
    page = (await viewer.get("/notifications")).json()
    assert (page["unread"], len(page["items"])) == (2, 3)
    assert [each["id"] for each in await told(viewer, unread=False)] == [str(three[0])]
    assert len(await told(viewer, unread=True)) == 2


async def test_all_are_read_at_once(viewer: Person, three: list[UUID]) -> None:
    assert (await viewer.post("/notifications/read-all")).json() == {"read": len(three)}
    assert (await viewer.post("/notifications/read-all")).json() == {"read": 0}
    assert (await viewer.get("/notifications")).json()["unread"] == 0


async def test_notifications_of_somebody_else_are_not_found(
    signed_in: SignedIn, viewer: Person, three: list[UUID]
) -> None:
    admin = await signed_in(Role.ADMIN)

    assert (await admin.post(f"/notifications/{three[0]}/read")).status_code == 404
    assert (await admin.post(f"/notifications/{uuid4()}/read")).status_code == 404
    assert (await admin.post("/notifications/read-all")).json() == {"read": 0}
    assert await told(admin) == []
    assert (await viewer.get("/notifications")).json()["unread"] == len(three)
