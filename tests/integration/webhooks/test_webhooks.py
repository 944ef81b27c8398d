"""Webhooks as a resource: what they may be, who may have them, and what can be done with them."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlalchemy import text

from backend.core.database import Database
from backend.core.permissions import Role
from backend.core.scopes import SYSTEM
from backend.repositories.operations.retention import Expiring
from backend.repositories.unit_of_work import UnitOfWorkFactory
from tests.fixtures.application import make_settings, running_app
from tests.fixtures.jobs import Jobs
from tests.fixtures.people import Person, SignedIn, with_key
from tests.fixtures.receiver import Receiver, status
from tests.fixtures.waiting import until
from tests.integration.webhooks.telling import (
    SENDING,
    deliveries_of,
    make_webhook,
    secret_of,
    send_again,
    tell,
    while_switching_off,
)

URL = "https://hooks.example.com/mvp"


def problems(answer: httpx2.Response) -> list[tuple[str, str]]:
    return [(".".join(map(str, each["loc"][1:])), each["msg"]) for each in answer.json()["errors"]]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("url", "hooks.example.com", "valid URL"),
        ("url", "ftp://hooks.example.com/", "scheme"),
        ("url", "https://ada:secret@hooks.example.com/", "name or a password"),
        ("url", "https://hooks.example.com/#part", "must not contain #"),
        ("url", "https://10.0.0.1/", "public host"),
        ("url", "https://[::1]/", "public host"),
        ("url", "https://10.1/", "public host"),
        ("url", "https://0x0a000001/", "public host"),
        ("url", "https://１０.0.0.1/", "public host"),
        ("url", "https://hooks.example.com/a\nb", "line breaks"),
        ("event_types", [], "at least 1"),
        ("event_types", ["task.painted"], "must be one of: "),
        ("event_types", ["user.created"], "must be one of: "),
        ("is_active", 1, "boolean"),
        ("secret", "whsec_", "Extra inputs"),
    ],
)
async def test_bad_input_is_refused(admin: Person, field: str, value: Any, said: str) -> None:
    given = {"url": URL, "event_types": ["task.created"], field: value}
    answer = await admin.post("/webhooks", json=given)

    assert answer.status_code == 422
    ((named, message),) = problems(answer)
    assert named.split(".")[0] == field
    assert said in message


async def test_types_are_named_once_in_their_order(admin: Person) -> None:
    webhook = await make_webhook(admin, URL, ["task.deleted", "lead.created", "task.deleted"])

    assert webhook["event_types"] == ["lead.created", "task.deleted"]
    assert "secret" not in webhook
    assert webhook["owner_id"] == str(admin.user.id)


@pytest.mark.parametrize("change", [{"url": "https://10.0.0.1/"}, {"event_types": None}])
async def test_a_change_is_checked_as_a_new_one_is(admin: Person, change: dict[str, Any]) -> None:
    webhook = await make_webhook(admin, URL)
    refused = await admin.patch(f"/webhooks/{webhook['id']}", json=change)

    assert refused.status_code == 422


async def test_without_networks_of_ones_own_tls_is_needed(
    admin: Person, worker_database_url: str
) -> None:
    async with running_app(
        make_settings(worker_database_url, webhooks={"allowed_networks": []})
    ) as client:
        for url, said in (
            ("http://hooks.example.com/", "Use https"),
            ("http://localhost:9000/", "public host"),
        ):
            answer = await client.post(
                "/api/v1/webhooks",
                json={"url": url, "event_types": ["task.created"]},
                headers={"Authorization": f"Bearer {admin.token}"},
            )
            assert answer.status_code == 422
            assert said in problems(answer)[0][1]


async def test_a_narrowed_key_makes_no_webhook_for_what_it_may_not_read(admin: Person) -> None:
    key = await with_key(admin, permissions=["webhooks:write", "tasks:read"])

    allowed = await key.post("/webhooks", json={"url": URL, "event_types": ["task.created"]})
    assert allowed.status_code == 201
    path = f"/webhooks/{allowed.json()['id']}"
    for event_type in ("customer.created", "execution.finished"):
        given = {"url": URL, "event_types": [event_type]}
        assert (await key.post("/webhooks", json=given)).status_code == 403
        more = {"event_types": ["task.created", event_type]}
        assert (await key.patch(path, json=more)).status_code == 403
    assert (await key.patch(path, json={"event_types": ["task.deleted"]})).status_code == 200


async def test_nobody_leads_what_they_may_not_read_elsewhere(
    admin: Person, signed_in: SignedIn
) -> None:
    key = await with_key(admin, permissions=["webhooks:write", "tasks:read"])
    another_admin = await signed_in(Role.ADMIN)
    elsewhere = {"url": "https://elsewhere.example.com/"}
    for event_type, by in (("customer.created", key), ("execution.finished", another_admin)):
        webhook = await make_webhook(admin, URL, ["task.created", event_type])
        path = f"/webhooks/{webhook['id']}"
        assert (await by.patch(path, json=elsewhere)).status_code == 403
        assert (await admin.get(path)).json()["url"] == URL
        less = {**elsewhere, "event_types": ["task.created"]}
        assert (await by.patch(path, json=less)).status_code == 200
        more = {"event_types": ["task.created", event_type]}
        assert (await by.patch(path, json=more)).status_code == 403
        assert (await admin.patch(path, json=more)).status_code == 200


async def test_the_address_is_not_in_the_audit_trail(admin: Person) -> None:
    await make_webhook(admin, "https://hooks.example.com/a-key-in-the-path")
    answer = await admin.get("/audit", params={"type": "webhook.created"})

    assert "a-key-in-the-path" not in answer.text
    assert "sealed" not in answer.text
    assert answer.json()["items"][0]["changes"]["url"]["after"] == "(private)"


async def test_a_test_is_sent_and_signed(admin: Person, receiver: Receiver, jobs: Jobs) -> None:
    webhook = await make_webhook(admin, receiver.url, ["task.created"])
    answer = await admin.post(f"/webhooks/{webhook['id']}/test")
    assert answer.status_code == 202, answer.text
    assert answer.json()["status"] == "pending"
    await jobs.drain(*SENDING)

    assert receiver.told() == [("webhook.test", {"id": webhook["id"]})]
    path = f"/webhooks/{webhook['id']}/deliveries/{answer.json()['id']}"
    assert (await admin.get(path)).json()["status"] == "delivered"


async def test_what_has_failed_can_be_sent_again(
    admin: Person, receiver: Receiver, jobs: Jobs
) -> None:
    receiver.answers.append(status(500))
    webhook = await tell(admin, receiver, jobs)
    (failed,) = await deliveries_of(admin, webhook)
    path = f"/webhooks/{webhook['id']}/deliveries/{failed['id']}/redeliver"
    # It does not wait for the pause to end.
    assert (await admin.post(path)).status_code == 202
    await jobs.drain(*SENDING)
    assert (await admin.post(path)).status_code == 202
    await jobs.drain(*SENDING)

    (delivery,) = await deliveries_of(admin, webhook)
    assert (delivery["status"], delivery["attempts"]) == ("delivered", 3)
    assert len({request.headers["webhook-id"] for request in receiver.requests}) == 1


async def test_nothing_is_sent_to_what_is_switched_off(
    admin: Person, receiver: Receiver, jobs: Jobs
) -> None:
    webhook = await tell(admin, receiver, jobs)
    (delivery,) = await deliveries_of(admin, webhook)
    await admin.patch(f"/webhooks/{webhook['id']}", json={"is_active": False})

    path = f"/webhooks/{webhook['id']}"
    assert (await admin.post(f"{path}/test")).status_code == 409
    again = await admin.post(f"{path}/deliveries/{delivery['id']}/redeliver")
    assert again.status_code == 409
    assert "switch it on" in again.json()["detail"]


async def test_nothing_is_sent_again_for_somebody_who_may_have_no_webhook_any_more(
    admin: Person, signed_in: SignedIn, receiver: Receiver, jobs: Jobs
) -> None:
    owner = await signed_in(Role.ADMIN)
    webhook = await tell(owner, receiver, jobs)
    (delivery,) = await deliveries_of(admin, webhook)
    role = {"role": "manager"}
    assert (await admin.put(f"/users/{owner.user.id}/role", json=role)).status_code == 200

    path = f"/webhooks/{webhook['id']}"
    for refused in (f"{path}/test", f"{path}/deliveries/{delivery['id']}/redeliver"):
        answer = await admin.post(refused)
        assert answer.status_code == 409
        assert "Its owner may have no webhooks any more" in answer.json()["detail"]
    await jobs.drain(*SENDING)
    assert len(receiver.requests) == 1


async def test_deliveries_of_another_webhook_are_not_found(
    admin: Person, receiver: Receiver, jobs: Jobs
) -> None:
    webhook = await tell(admin, receiver, jobs)
    (delivery,) = await deliveries_of(admin, webhook)
    other = await make_webhook(admin, URL)

    for path in (f"/webhooks/{other['id']}", f"/webhooks/{uuid4()}"):
        assert (await admin.get(f"{path}/deliveries/{delivery['id']}")).status_code == 404
        again = await admin.post(f"{path}/deliveries/{delivery['id']}/redeliver")
        assert again.status_code == 404
    assert await deliveries_of(admin, other) == []
    assert (await admin.get(f"/webhooks/{uuid4()}/deliveries")).status_code == 404


async def test_a_webhook_is_deleted_after_those_who_change_its_deliveries(
    admin: Person, receiver: Receiver, jobs: Jobs, database: Database, uow: UnitOfWorkFactory
) -> None:
    webhook = await tell(admin, receiver, jobs)
    (delivery,) = await deliveries_of(admin, webhook)
    waiting = text("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")

    async def waits() -> bool:
        async with database.engine.connect() as connection:
            return bool(await connection.scalar(waiting))

    async with uow(SYSTEM) as sending:
        await sending.webhook_queues.lock([UUID(webhook["id"])])
        deleting = asyncio.create_task(admin.delete(f"/webhooks/{webhook['id']}"))
        await until(waits)
        # Were it locked by the delete, they would wait for each other.
        async with asyncio.timeout(0.5):
            await sending.webhook_deliveries.get(UUID(delivery["id"]), for_update=True)

    assert (await deleting).status_code == 204


@pytest.mark.parametrize("path", ["/test", "/deliveries/{}/redeliver"])
async def test_nothing_is_sent_to_what_is_switched_off_meanwhile(
    admin: Person,
    receiver: Receiver,
    jobs: Jobs,
    database: Database,
    uow: UnitOfWorkFactory,
    path: str,
) -> None:
    webhook = await tell(admin, receiver, jobs)
    (delivery,) = await deliveries_of(admin, webhook)
    asked = admin.post(f"/webhooks/{webhook['id']}{path.format(delivery['id'])}")

    answer = await while_switching_off(uow, database, webhook, asked)

    assert answer.status_code == 409
    assert await deliveries_of(admin, webhook, status="pending") == []


async def test_deliveries_are_filtered(admin: Person, receiver: Receiver, jobs: Jobs) -> None:
    webhook = await tell(admin, receiver, jobs)

    assert len(await deliveries_of(admin, webhook, event_type="task.created")) == 1
    assert await deliveries_of(admin, webhook, event_type="task.deleted") == []
    assert await deliveries_of(admin, webhook, status="failed") == []


async def test_a_rotation_heeds_the_version(admin: Person) -> None:
    webhook = await make_webhook(admin, URL)
    path = f"/webhooks/{webhook['id']}/rotate-secret"
    stale = await admin.post(path, headers={"If-Match": '"7"'})
    assert stale.status_code == 412

    before = await secret_of(admin, webhook)
    rotated = await admin.post(path, headers={"If-Match": '"1"'})
    assert rotated.json()["rotating_until"] is not None
    assert await secret_of(admin, webhook) != before


async def test_old_deliveries_are_removed_with_what_they_told(
    admin: Person, receiver: Receiver, jobs: Jobs, database: Database
) -> None:
    receiver.answers.append(status(500))
    webhook = await tell(admin, receiver, jobs)
    async with database.engine.begin() as connection:
        await connection.execute(
            text("UPDATE webhook_messages SET created_at = now() - interval '8 days'")
        )
    clean_up = jobs.services.operations.clean_up
    await clean_up.remove(Expiring.WEBHOOK_MESSAGES)
    assert len(await deliveries_of(admin, webhook)) == 1

    await send_again(jobs, database)
    await clean_up.remove(Expiring.WEBHOOK_MESSAGES)
    assert await deliveries_of(admin, webhook) == []
