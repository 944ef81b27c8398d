"""What other programs tell is checked, kept once, and handled once."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import text
from sqlmodel import select

from backend.core.database import Database
from backend.core.scopes import FIRST
from backend.core.webhook_signatures import new_webhook_secret, signed_headers
from backend.models.platform.job_requests import Queue
from backend.models.webhooks.incoming import IncomingMessage
from backend.repositories.operations.retention import Expiring
from tests.fixtures.application import INCOMING_SECRET, make_settings, running_app
from tests.fixtures.jobs import Jobs
from tests.fixtures.people import Person

URL = "/api/v1/incoming/tasks"
TASK = {"type": "task.requested", "data": {"title": " Call Grace ", "more": 1}, "version": 1}


async def send(
    client: httpx2.AsyncClient,
    told: object = TASK,
    message_id: str = "msg_1",
    *,
    secret: str = INCOMING_SECRET,
    late: timedelta = timedelta(),
) -> httpx2.Response:
    body = told if isinstance(told, str) else json.dumps(told)
    headers = signed_headers(message_id, datetime.now(UTC) - late, body, [secret])
    return await client.post(URL, content=body, headers=headers)


async def titles(member: Person) -> list[str]:
    return [each["title"] for each in (await member.get("/tasks")).json()["items"]]


async def column(database: Database, name: str) -> list[Any]:
    async with database.engine.connect() as connection:
        asked = select(getattr(IncomingMessage, name))
        return list((await connection.execute(asked)).scalars())


async def test_a_requested_task_is_added_once(
    client: httpx2.AsyncClient, member: Person, admin: Person, jobs: Jobs
) -> None:
    first = await send(client)
    assert first.status_code == 202, first.text
    assert (await send(client)).json() == first.json()
    await jobs.drain(Queue.EVENTS)
    assert (await send(client)).json() == first.json()
    await jobs.services.webhooks.incoming.handle(UUID(first.json()["id"]), FIRST)
    await jobs.drain(Queue.EVENTS)

    assert await titles(member) == ["Call Grace"]
    (event,) = (await admin.get("/audit?type=task.created")).json()["items"]
    assert (event["actor_id"], event["means"]) == (None, "job")


async def test_another_id_is_another_message(
    client: httpx2.AsyncClient, member: Person, jobs: Jobs
) -> None:
    for number in range(2):
        await send(client, message_id=f"msg_{number}")
    await jobs.drain(Queue.EVENTS)

    assert await titles(member) == ["Call Grace", "Call Grace"]


@pytest.mark.parametrize(
    "wrong",
    [{"secret": new_webhook_secret()}, {"late": timedelta(minutes=6)}],
    ids=["secret", "time"],
)
async def test_what_is_not_signed_now_is_refused(
    client: httpx2.AsyncClient, database: Database, wrong: dict[str, Any]
) -> None:
    answer = await send(client, **wrong)

    assert answer.status_code == 401
    assert "signature is not valid" in answer.json()["detail"]
    assert await column(database, "id") == []


async def test_without_headers_it_is_refused(client: httpx2.AsyncClient) -> None:
    assert (await client.post(URL, json=TASK)).status_code == 401


async def test_an_unknown_source_is_not_found(
    client: httpx2.AsyncClient, worker_database_url: str
) -> None:
    assert (await client.post("/api/v1/incoming/leads", json=TASK)).status_code == 404
    async with running_app(
        make_settings(worker_database_url, incoming={"tasks_secret": None})
    ) as without:
        assert (await send(without)).status_code == 404


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ("no JSON", "body"),
        ("[]", "body"),
        ({"type": "a"}, "data"),
        ({"type": "x" * 201, "data": {}}, "type"),
        ({"type": "a\x00", "data": {}}, "type"),
        ({"type": "a", "data": {"b": ["\x00"]}}, "data"),
        ('{"type": "a", "data": {"b": NaN}}', "data"),
        ('{"type": "a", "data": {"b": ' + "[" * 1000 + "]" * 1000 + "}}", "body"),
    ],
)
async def test_what_is_no_message_is_refused(
    client: httpx2.AsyncClient, told: object, field: str
) -> None:
    answer = await send(client, told)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"][-1] == field


async def test_an_id_is_bounded(client: httpx2.AsyncClient) -> None:
    answer = await send(client, message_id="m" * 201)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"][-1] == "webhook-id"


async def test_a_large_body_is_refused(client: httpx2.AsyncClient) -> None:
    assert (await send(client, "x" * 70_000)).status_code == 413


async def test_data_that_are_no_task_are_noted_and_not_tried_again(
    client: httpx2.AsyncClient, member: Person, database: Database, jobs: Jobs
) -> None:
    await send(client, {"type": "task.requested", "data": {"title": ""}})
    await jobs.drain(Queue.EVENTS)

    assert await titles(member) == []
    (error,) = await column(database, "error")
    assert "title" in error


async def test_a_message_of_another_type_is_only_kept(
    client: httpx2.AsyncClient, member: Person, database: Database, jobs: Jobs
) -> None:
    await send(client, {"type": "task.painted", "data": {}})
    await jobs.drain(Queue.EVENTS)

    assert await titles(member) == []
    assert await column(database, "error") == [None]
    clean_up = jobs.services.operations.clean_up
    await clean_up.remove(Expiring.INCOMING_MESSAGES)
    assert await column(database, "type") == ["task.painted"]
    async with database.engine.begin() as connection:
        await connection.execute(
            text("UPDATE incoming_messages SET handled_at = now() - interval '8 days'")
        )
    await clean_up.remove(Expiring.INCOMING_MESSAGES)
    assert await column(database, "type") == []
