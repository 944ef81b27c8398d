"""What webhooks are told, of what, and for whom."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import jsonschema_rs
import pytest
from sqlalchemy import text

from backend.core.database import Database
from backend.core.permissions import Role, SubjectKind
from backend.core.scopes import FIRST, SYSTEM
from backend.jobs.subscriptions import jobs_for
from backend.models.platform.domain_events import ResourceChanged, changes_between
from backend.models.platform.job_requests import Queue
from backend.models.webhooks.event_types import BY_TYPE
from backend.repositories.unit_of_work import UnitOfWorkFactory
from backend.services.webhooks.webhooks import TELL_WEBHOOKS
from tests.fixtures.jobs import Jobs
from tests.fixtures.people import Person, SignedIn
from tests.fixtures.receiver import Receiver, is_signed
from tests.integration.api.document import DOCUMENT, resolved
from tests.integration.webhooks.telling import (
    SENDING,
    deliveries_of,
    make_task,
    make_webhook,
    secret_of,
    waiting_jobs,
    while_switching_off,
)

ELSEWHERE = "https://hooks.example.com/"


async def events_of(admin: Person, event_type: str) -> list[dict[str, Any]]:
    answer = await admin.get("/audit", params={"type": event_type})
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def check_body(body: dict[str, Any]) -> None:
    """Raises if a body is not what the document says of its type."""
    operation = DOCUMENT["webhooks"][body["type"]]["post"]
    taken = resolved(operation["requestBody"])
    schema = taken["content"]["application/json"]["schema"]
    whole = {**schema, "components": DOCUMENT["components"]}
    jsonschema_rs.validator_for(whole).validate(body)


async def test_an_event_is_told_as_the_api_shows_it(
    admin: Person, member: Person, receiver: Receiver, jobs: Jobs
) -> None:
    webhook = await make_webhook(admin, receiver.url)
    task = await make_task(member, "Write the offer")
    await jobs.drain(*SENDING)

    (request,) = receiver.requests
    (event,) = await events_of(admin, "task.created")
    assert request.headers["webhook-id"] == event["id"]
    assert is_signed(request, await secret_of(admin, webhook))
    assert request.body["type"] == "task.created"
    assert request.body["version"] == 1
    assert request.body["timestamp"][:19] == event["occurred_at"][:19]
    assert request.body["data"] == task
    check_body(request.body)
    (delivery,) = await deliveries_of(admin, webhook)
    assert delivery["message_id"] == event["id"]
    assert (delivery["status"], delivery["attempts"]) == ("delivered", 1)
    assert (delivery["response_status"], delivery["error"]) == (204, None)
    assert delivery["duration_ms"] >= 0
    assert delivery["last_attempt_at"] >= delivery["created_at"]


async def test_every_type_has_the_body_that_the_document_says(
    admin: Person, manager: Person, receiver: Receiver, jobs: Jobs
) -> None:
    await make_webhook(admin, receiver.url, list(BY_TYPE))
    price = {"amount": "19.90", "currency": "EUR"}
    for path, given, change in (
        ("customers", {"name": "Ada"}, {"notes": "Changed"}),
        ("leads", {"name": "Grace"}, {"notes": "Changed"}),
        ("products", {"sku": "A", "name": "Pen", "price": price}, {"description": "Changed"}),
        ("tasks", {"title": "Call"}, {"description": "Changed"}),
    ):
        row = (await admin.post(f"/{path}", json=given)).json()["id"]
        await admin.patch(f"/{path}/{row}", json=change)
        if path in {"customers", "products"}:
            await admin.post(f"/{path}/{row}/archive")
            await admin.post(f"/{path}/{row}/restore")
        await admin.delete(f"/{path}/{row}")
    task = (await make_task(admin))["id"]
    await admin.post(f"/tasks/{task}/complete")
    await admin.post(f"/tasks/{task}/reopen")
    await admin.post(f"/tasks/{task}/assign", json={"assignee_id": str(manager.user.id)})
    lead = (await admin.post("/leads", json={"name": "Edith"})).json()["id"]
    await admin.post(f"/leads/{lead}/convert")
    report = {"kind": "report", "inputs": {"report": "tasks_by_age"}}
    await admin.post("/executions", json=report)
    await jobs.drain(Queue.EXECUTIONS, *SENDING)

    for request in receiver.requests:
        check_body(request.body)
    told = {event_type for event_type, _ in receiver.told()}
    assert told == {each for each in BY_TYPE if not each.endswith(".imported")}


async def test_of_what_is_deleted_the_id_is_told(
    admin: Person, receiver: Receiver, jobs: Jobs
) -> None:
    await make_webhook(admin, receiver.url, ["task.created", "task.deleted"])
    task = await make_task(admin)
    await admin.delete(f"/tasks/{task['id']}")
    await jobs.drain(*SENDING)

    gone = {"id": task["id"]}
    assert sorted(receiver.told()) == [("task.created", gone), ("task.deleted", gone)]


async def test_of_an_import_the_ids_are_told(
    admin: Person, receiver: Receiver, jobs: Jobs, uow: UnitOfWorkFactory
) -> None:
    await make_webhook(admin, receiver.url, ["task.imported"])
    ids = {"execution_id": str(uuid4()), "created": [str(uuid4())], "updated": []}
    imported = ResourceChanged(
        kind=SubjectKind.TASK,
        verb="imported",
        subject_id=None,
        by=admin.principal,
        changes=changes_between({}, ids),
    )
    async with uow(FIRST) as unit:
        unit.record(imported)
        await unit.commit()
    for job in jobs_for(imported):
        assert job.demand == "task.imported"
    await jobs.services.webhooks.announcer.handle(imported, FIRST)
    await jobs.drain(*SENDING)

    assert receiver.told() == [("task.imported", {"created": ids["created"], "updated": []})]
    check_body(receiver.requests[0].body)


async def test_only_what_was_asked_for_is_told(
    admin: Person, receiver: Receiver, jobs: Jobs
) -> None:
    await make_webhook(admin, receiver.url, ["task.completed"])
    task = await make_task(admin)
    await admin.post("/customers", json={"name": "Ada"})
    await admin.post(f"/tasks/{task['id']}/complete")
    await jobs.drain(*SENDING)

    assert [event_type for event_type, _ in receiver.told()] == ["task.completed"]


async def test_what_is_told_while_a_webhook_is_switched_off_does_not_wait_for_it(
    admin: Person, receiver: Receiver, jobs: Jobs, database: Database, uow: UnitOfWorkFactory
) -> None:
    webhook, other = await make_webhook(admin, receiver.url), await make_webhook(admin, ELSEWHERE)
    await make_task(admin)

    await while_switching_off(uow, database, webhook, jobs.drain(Queue.EVENTS))

    assert await deliveries_of(admin, webhook) == []
    assert len(await deliveries_of(admin, other)) == 1


async def test_an_event_that_is_handled_twice_is_told_once(
    admin: Person, receiver: Receiver, jobs: Jobs
) -> None:
    await make_webhook(admin, receiver.url)
    await make_task(admin)
    (event,) = await events_of(admin, "task.created")
    recorded = await jobs.services.operations.audit.read(UUID(event["id"]), FIRST)
    for _ in range(2):
        await jobs.services.webhooks.announcer.handle(recorded.happened(), FIRST)
    await jobs.drain(*SENDING)

    assert len(receiver.requests) == 1


async def test_executions_are_told_to_their_owner_alone(
    admin: Person, member: Person, receiver: Receiver, jobs: Jobs
) -> None:
    await make_webhook(admin, receiver.url, ["execution.finished"])
    report = {"kind": "report", "name": "Mine", "inputs": {"report": "tasks_by_age"}}
    await admin.post("/executions", json=report)
    await member.post("/executions", json={**report, "name": "Not yours"})
    await jobs.drain(Queue.EXECUTIONS, *SENDING)

    assert [data["name"] for _, data in receiver.told()] == ["Mine"]


@pytest.mark.parametrize(
    "loss", [{"role": Role.MEMBER}, {"is_active": False}], ids=["role", "account"]
)
async def test_whoever_may_have_no_webhook_any_more_is_told_nothing(
    signed_in: SignedIn,
    admin: Person,
    receiver: Receiver,
    jobs: Jobs,
    uow: UnitOfWorkFactory,
    loss: dict[str, Any],
) -> None:
    owner = await signed_in(Role.ADMIN)
    webhook = await make_webhook(owner, receiver.url)
    async with uow(SYSTEM) as unit:
        user = await unit.users.get(owner.user.id, for_update=True)
        user.sqlmodel_update(loss)
        await unit.users.save(user)
        await unit.commit()
    await make_task(admin)
    await jobs.drain(*SENDING)

    assert receiver.requests == []
    assert await deliveries_of(admin, webhook) == []


async def test_without_a_webhook_an_event_starts_nothing(
    admin: Person, member: Person, database: Database, jobs: Jobs
) -> None:
    await make_task(member)
    assert await waiting_jobs(database) == []

    webhook = await make_webhook(admin, "https://hooks.example.com/")
    await make_task(member)
    assert await waiting_jobs(database) == [TELL_WEBHOOKS]

    await admin.delete(f"/webhooks/{webhook['id']}")
    await jobs.drain(*SENDING)
    await make_task(member)
    assert await waiting_jobs(database) == []


async def test_a_demand_is_not_ended_while_a_webhook_is_made(
    admin: Person, database: Database, jobs: Jobs
) -> None:
    webhook = await make_webhook(admin, "https://hooks.example.com/")
    await make_task(admin)
    await admin.delete(f"/webhooks/{webhook['id']}")
    await asyncio.gather(
        jobs.drain(*SENDING),
        *(make_webhook(admin, "https://hooks.example.com/") for _ in range(3)),
    )

    async with database.engine.connect() as connection:
        demands = await connection.execute(text("SELECT task, event_type FROM event_demands"))
        assert demands.all() == [(TELL_WEBHOOKS, "task.created")]
