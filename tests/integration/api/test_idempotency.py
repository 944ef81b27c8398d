"""A retry makes nothing twice, on any route that creates."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import pytest
from sqlalchemy import func, text
from sqlmodel import SQLModel, select

from backend.core.config import Settings
from backend.core.database import Database
from backend.core.errors import KeyReusedError
from backend.core.scopes import SYSTEM
from backend.core.security import fingerprint
from backend.models.assistant.chat_messages import ChatMessage, MessageRole
from backend.models.assistant.prompt_versions import PromptVersion
from backend.models.platform.idempotency import (
    Answer,
    Answered,
    Fresh,
    IdempotencyKey,
    IdempotentRequest,
    Replay,
)
from backend.models.platform.mixins import new_id, now
from backend.models.workflows.crews import CREW_EXAMPLE
from backend.models.workflows.workflow_versions import WorkflowVersion
from backend.repositories.unit_of_work import UnitOfWorkFactory
from tests.factories import (
    PASSWORD,
    make_chat,
    make_lead,
    make_message,
    make_prompt,
    make_task,
    make_workflow,
    make_workflow_version,
)
from tests.fixtures.application import SECRET, make_settings
from tests.fixtures.people import Person
from tests.integration.api.document import OPERATIONS
from tests.world import EXAMPLES, add_needed


class Creation(NamedTuple):
    """What a route is asked to make, and something else that it could be asked for."""

    request: dict[str, Any]
    other: dict[str, Any]


def of_json(body: dict[str, Any], **other: Any) -> Creation:
    return Creation({"json": body}, {"json": body | other})


def file_form(content: bytes) -> dict[str, Any]:
    return {"files": {"file": ("notes.txt", content)}}


# Each operation that takes an Idempotency-Key, written down a second time: none can be forgotten.
# Those that resources have in common are in world.py.
CREATIONS = {
    f"POST {each.url}": of_json(dict(each.create), **each.other)
    for each in EXAMPLES
    if each.create is not None
} | {
    "POST /api/v1/leads/{lead_id}/convert": of_json({}, name="Ada"),
    "POST /api/v1/tasks/{task_id}/checklist": of_json({"text": "Dial"}, text="Hang up"),
    "POST /api/v1/chats/{chat_id}/messages": of_json({"text": "Hello"}, text="Good bye"),
    "POST /api/v1/chats/{chat_id}/messages/{message_id}/regenerate": of_json({}, text="Again"),
    "POST /api/v1/prompts/{prompt_id}/versions": of_json({"template": "x"}, template="y"),
    "POST /api/v1/workflows/{workflow_id}/versions": of_json(
        {"kind": "crew", "definition": CREW_EXAMPLE}, activate=False
    ),
    "POST /api/v1/users/me/export": of_json({}, files=False),
    "POST /api/v1/files": Creation(file_form(b"one"), file_form(b"two")),
}
MODELS: list[type[SQLModel]] = [
    *(each.model for each in EXAMPLES),
    WorkflowVersion,
    ChatMessage,
    PromptVersion,
]
# It answers what was done, which has no place of its own: see test_agent.py.
ANSWERS: set[str] = {"POST /api/v1/agent/act"}
# An execution is accepted: what it makes comes later.
CREATED = {201, 202}
KEY = "d4f0c8e2-retry"
REPLAYED = "Idempotency-Replayed"
TASK = {"title": "Call her"}
each_creation = pytest.mark.parametrize("operation", CREATIONS)


class Route(NamedTuple):
    """A route that creates, asked by an admin."""

    person: Person
    path: str
    creation: Creation

    async def send(self, key: str | None = KEY) -> httpx2.Response:
        return await post(self.person, self.path, key, **self.creation.request)

    async def send_other(self, key: str | None = KEY) -> httpx2.Response:
        return await post(self.person, self.path, key, **self.creation.other)


async def post(person: Person, path: str, key: str | None, **options: Any) -> httpx2.Response:
    # In bytes, as a key may be what no client should send.
    headers = {} if key is None else {"Idempotency-Key": key.encode()}
    return await person.post(path, headers=headers | options.pop("headers", {}), **options)


@pytest.fixture
async def route(operation: str, admin: Person, uow: UnitOfWorkFactory) -> Route:
    lead, task, prompt = make_lead(owner_id=admin.user.id), make_task(), make_prompt()
    chat = make_chat(owner_id=admin.user.id)
    said = make_message(chat_id=chat.id, role=MessageRole.USER, position=1)
    message = make_message(chat_id=chat.id, position=2)
    workflow = make_workflow()
    first = make_workflow_version(workflow, created_by=admin.user.id)
    async with uow(SYSTEM) as unit:
        for each in EXAMPLES:
            await add_needed(unit, admin.user, each.path)
        await unit.leads.save(lead)
        await unit.tasks.save(task)
        await unit.prompts.save(prompt)
        await unit.chats.save(chat)
        await unit.chat_messages.save_many([said, message])
        await unit.workflows.save(workflow)
        await unit.workflow_versions.save(first)
        await unit.commit()
    rows = {"lead": lead, "task": task, "prompt": prompt, "chat": chat, "message": message}
    rows["workflow"] = workflow
    ids = {f"{name}_id": row.id for name, row in rows.items()}
    path = operation.removeprefix("POST /api/v1").format(**ids)
    return Route(admin, path, CREATIONS[operation])


async def kept(database: Database) -> Sequence[IdempotentRequest]:
    async with database.reading_session() as session:
        return (await session.exec(select(IdempotentRequest))).all()


async def change_kept(database: Database, change: str) -> None:
    async with database.engine.connect() as connection:
        await connection.execute(text(f"UPDATE idempotent_requests SET {change}"))  # noqa: S608


async def written(database: Database) -> list[int]:
    """How many rows there are of each kind that somebody can create."""
    async with database.reading_session() as session:
        counts = [select(func.count()).select_from(model) for model in MODELS]
        return [(await session.exec(count)).one() for count in counts]


def stored(folder: Path) -> set[str]:
    """The contents in the storage."""
    return {path.name for path in folder.iterdir()}


def shown(answer: httpx2.Response) -> tuple[int, bytes, dict[str, str]]:
    names = ("Content-Type", "ETag", "Location")
    return answer.status_code, answer.content, {name: answer.headers[name] for name in names}


def is_new(answer: httpx2.Response) -> bool:
    return REPLAYED not in answer.headers


def named(answer: httpx2.Response) -> list[str]:
    """The one field that a refusal names."""
    (error,) = answer.json()["errors"]
    loc: list[str] = error["loc"]
    return loc


async def lose_answer(database: Database) -> None:
    """As a crash between the effect and the answer does."""
    await change_kept(database, "status = NULL, headers = NULL, body = NULL")


def test_every_route_that_takes_a_key_is_tried_here() -> None:
    taking = {
        name
        for name, operation in OPERATIONS.items()
        if any(p["name"] == "Idempotency-Key" for p in operation.get("parameters", []))
    }

    assert taking - ANSWERS == set(CREATIONS)


def test_every_route_that_creates_takes_a_key() -> None:
    creating = {
        name
        for name, operation in OPERATIONS.items()
        if any(
            # A redirect creates nothing.
            "Location" in each.get("headers", {}) and code != "303"
            for code, each in operation["responses"].items()
        )
    }

    # Who opens an account is nobody yet whose key it could be.
    opening = {"POST /api/v1/auth/register", "POST /api/v1/auth/accept-invitation"}
    # Answers are kept for hours, and this one has a secret that is shown once.
    secret = {"POST /api/v1/api-keys"}
    # What a browser has made is taken once.
    once = {"POST /api/v1/auth/passkeys"}
    assert creating - opening - secret - once == set(CREATIONS)


@each_creation
async def test_the_same_request_gets_the_same_answer(route: Route) -> None:
    first = await route.send()
    second = await route.send()

    assert first.status_code in CREATED, first.text
    assert is_new(first)
    assert shown(second) == shown(first)
    assert second.headers[REPLAYED] == "true"


@each_creation
async def test_what_is_created_has_the_etag_of_what_is_read(route: Route) -> None:
    created = await route.send()

    read = await route.person.get(created.headers["Location"].removeprefix("/api/v1"))
    assert read.headers["ETag"] == created.headers["ETag"]
    assert created.headers["ETag"] == f'"{created.json()["version"]}"'


@each_creation
async def test_the_same_request_has_one_effect(route: Route, database: Database) -> None:
    first = await route.send()
    before = await written(database)

    await route.send()

    assert await written(database) == before
    location = first.headers["Location"].removeprefix("/api/v1")
    assert (await route.person.get(location)).json() == first.json()


@each_creation
async def test_a_key_stands_for_one_body(route: Route, database: Database) -> None:
    await route.send()
    before = await written(database)

    refused = await route.send_other()

    assert refused.status_code == 422
    assert refused.json()["type"] == "/problems/idempotency-key-reused"
    assert named(refused) == ["header", "Idempotency-Key"]
    assert await written(database) == before


@each_creation
async def test_an_answer_that_was_lost_is_read_again_and_kept(
    route: Route, database: Database
) -> None:
    first = await route.send()
    await lose_answer(database)
    before = await written(database)

    again = await route.send()

    # PostgreSQL has its own order within JSON.
    assert again.json() == first.json()
    assert shown(again)[::2] == shown(first)[::2]
    assert again.headers[REPLAYED] == "true"
    assert await written(database) == before
    (row,) = await kept(database)
    assert (row.status, row.body) == (first.status_code, again.content)


@each_creation
async def test_without_a_key_nothing_is_kept(route: Route, database: Database) -> None:
    assert (await route.send(key=None)).status_code in CREATED

    assert await kept(database) == []


async def test_a_key_stands_for_one_path(member: Person) -> None:
    await post(member, "/tasks", KEY, json={"title": "Call her"})

    refused = await post(member, "/modules", KEY, json={"title": "Call her"})

    assert refused.status_code == 422
    assert refused.json()["type"] == "/problems/idempotency-key-reused"


async def test_a_key_stands_for_one_upload_whatever_its_name(
    member: Person, storage_folder: Path
) -> None:
    await post(member, "/files", KEY, files={"file": ("a.txt", b"one")})
    before = stored(storage_folder)

    renamed = await post(member, "/files", KEY, files={"file": ("b.txt", b"one")})

    assert renamed.status_code == 422
    assert stored(storage_folder) == before


async def test_a_replayed_upload_leaves_nothing_in_the_storage(
    member: Person, storage_folder: Path
) -> None:
    await post(member, "/files", KEY, **file_form(b"one"))
    before = stored(storage_folder)

    replayed = await post(member, "/files", KEY, **file_form(b"one"))

    assert replayed.headers[REPLAYED] == "true"
    assert stored(storage_folder) == before


async def test_the_first_answer_comes_again_after_a_change(member: Person) -> None:
    first = await post(member, "/tasks", KEY, json=TASK)
    await member.patch(f"/tasks/{first.json()['id']}", json={"title": "Write to her"})

    assert shown(await post(member, "/tasks", KEY, json=TASK)) == shown(first)


async def test_the_first_answer_comes_again_to_whoever_may_not_ask_for_it_any_more(
    manager: Person, admin: Person, member: Person
) -> None:
    task = TASK | {"assignee_id": str(member.user.id)}
    first = await post(manager, "/tasks", KEY, json=task)
    assert first.status_code == 201
    path = f"/users/{manager.user.id}/role"
    demoted = await admin.put(path, json={"role": "member"})
    assert demoted.status_code == 200, demoted.text

    again = await post(manager, "/tasks", KEY, json=task)
    other = await post(manager, "/tasks", "another", json=task)

    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    assert other.status_code in {403, 422}


async def test_the_first_answer_comes_again_after_a_deletion(manager: Person) -> None:
    first = await post(manager, "/tasks", KEY, json=TASK)
    await manager.delete(f"/tasks/{first.json()['id']}")

    assert shown(await post(manager, "/tasks", KEY, json=TASK)) == shown(first)
    assert (await manager.get(f"/tasks/{first.json()['id']}")).status_code == 404


async def test_a_lost_answer_of_what_is_deleted_is_not_found(
    manager: Person, database: Database
) -> None:
    first = await post(manager, "/tasks", KEY, json=TASK)
    await manager.delete(f"/tasks/{first.json()['id']}")
    await lose_answer(database)

    again = await post(manager, "/tasks", KEY, json=TASK)

    assert again.status_code == 404
    assert (await manager.get("/tasks")).json()["items"] == []


async def test_two_people_may_have_the_same_key(member: Person, manager: Person) -> None:
    one = await post(member, "/tasks", KEY, json=TASK)
    other = await post(manager, "/tasks", KEY, json=TASK)

    assert other.status_code == 201
    assert is_new(other)
    assert other.json()["id"] != one.json()["id"]


async def test_who_may_not_write_any_more_gets_no_replay(admin: Person, member: Person) -> None:
    await post(member, "/tasks", KEY, json=TASK)
    await admin.put(f"/users/{member.user.id}/role", json={"role": "viewer"})

    assert (await post(member, "/tasks", KEY, json=TASK)).status_code == 403


async def test_bad_input_does_not_use_up_the_key(member: Person) -> None:
    assert (await post(member, "/tasks", KEY, json={"title": ""})).status_code == 422

    assert (await post(member, "/tasks", KEY, json=TASK)).status_code == 201


async def test_an_unknown_reference_does_not_use_up_the_key(member: Person) -> None:
    unknown = TASK | {"module_id": str(new_id())}
    assert (await post(member, "/tasks", KEY, json=unknown)).status_code == 422

    assert (await post(member, "/tasks", KEY, json=TASK)).status_code == 201


async def test_a_conflict_does_not_use_up_the_key(manager: Person) -> None:
    product = {"sku": "A", "name": "x", "price": {"amount": "19.90", "currency": "EUR"}}
    taken = (await manager.post("/products", json=product)).json()["id"]
    assert (await post(manager, "/products", KEY, json=product)).status_code == 409

    await manager.delete(f"/products/{taken}")

    assert (await post(manager, "/products", KEY, json=product)).status_code == 201


async def test_a_denied_permission_does_not_use_up_the_key(member: Person, manager: Person) -> None:
    denied = TASK | {"assignee_id": str(manager.user.id)}
    assert (await post(member, "/tasks", KEY, json=denied)).status_code == 403

    assert (await post(member, "/tasks", KEY, json=TASK)).status_code == 201


async def test_an_expired_key_is_free_again(member: Person, database: Database) -> None:
    first = await post(member, "/tasks", KEY, json=TASK)
    await change_kept(database, "created_at = created_at - interval '25 hours'")

    anew = await post(member, "/tasks", KEY, json={"title": "Another"})

    assert anew.status_code == 201
    assert is_new(anew)
    assert anew.json()["id"] != first.json()["id"]
    replayed = await post(member, "/tasks", KEY, json={"title": "Another"})
    assert shown(replayed) == shown(anew)
    assert len(await kept(database)) == 1


async def test_a_key_holds_until_it_expires(member: Person, database: Database) -> None:
    await post(member, "/tasks", KEY, json=TASK)
    await change_kept(database, "created_at = created_at - interval '23 hours'")

    assert (await post(member, "/tasks", KEY, json=TASK)).headers[REPLAYED] == "true"


@pytest.mark.parametrize(
    "operation",
    ["POST /api/v1/tasks", "POST /api/v1/leads/{lead_id}/convert", "POST /api/v1/files"],
)
async def test_of_many_at_once_one_has_an_effect(
    route: Route, database: Database, storage_folder: Path
) -> None:
    rows, contents = sum(await written(database)), len(stored(storage_folder))

    answers = await asyncio.gather(*(route.send() for _ in range(10)))

    first = [answer for answer in answers if answer.status_code == 201 and is_new(answer)]
    others = [answer for answer in answers if answer not in first]
    assert len(first) == 1
    for answer in others:
        is_running = answer.json().get("type") == "/problems/still-running"
        assert is_running or shown(answer) == shown(first[0])
    assert sum(await written(database)) == rows + 1
    assert len(stored(storage_folder)) == contents + (route.path == "/files")


@pytest.mark.parametrize("refers_to_others", [False, True])
async def test_while_the_first_request_is_at_work_the_second_is_told_so(
    member: Person, uow: UnitOfWorkFactory, *, refers_to_others: bool
) -> None:
    key = IdempotencyKey(member.user.id, KEY, "fingerprint", now())
    module = (await member.post("/modules", json={"title": "Garden"})).json()
    task = TASK | ({"module_id": module["id"]} if refers_to_others else {})
    async with uow(SYSTEM) as unit:
        await unit.idempotency.claim(key, new_id())

        told = await post(member, "/tasks", KEY, json=task)

    assert told.status_code == 409
    assert told.json()["type"] == "/problems/still-running"
    assert told.headers["Retry-After"] == "1"
    # The first was not committed.
    assert (await post(member, "/tasks", KEY, json=task)).status_code == 201


async def test_a_claim_answers_what_the_key_stands_for(
    member: Person, uow: UnitOfWorkFactory
) -> None:
    key = IdempotencyKey(member.user.id, KEY, "fingerprint", now() - timedelta(hours=1))
    first, answer = new_id(), Answer(201, {"etag": '"1"'}, b"{}")
    async with uow(SYSTEM) as unit:
        assert await unit.idempotency.claim(key, first) == Fresh()
        await unit.commit()
    async with uow(SYSTEM) as unit:
        assert await unit.idempotency.claim(key, new_id()) == Replay(first)
    async with uow(SYSTEM) as unit:
        await unit.idempotency.keep_answer(key, answer)
    async with uow(SYSTEM) as unit:
        assert await unit.idempotency.claim(key, new_id()) == Answered(answer)


async def test_to_look_a_key_up_claims_nothing(member: Person, uow: UnitOfWorkFactory) -> None:
    key = IdempotencyKey(member.user.id, KEY, "fingerprint", now() - timedelta(hours=1))
    first = new_id()
    async with uow.reading(SYSTEM) as unit:
        assert await unit.idempotency.look_up(key) == Fresh()
    async with uow(SYSTEM) as unit:
        assert await unit.idempotency.claim(key, first) == Fresh()
        await unit.commit()
    async with uow.reading(SYSTEM) as unit:
        assert await unit.idempotency.look_up(key) == Replay(first)
        assert await unit.idempotency.look_up(replace(key, valid_since=now())) == Fresh()
        with pytest.raises(KeyReusedError):
            await unit.idempotency.look_up(replace(key, fingerprint="another"))


async def test_an_answer_is_kept_for_a_key_with_content(
    member: Person, uow: UnitOfWorkFactory
) -> None:
    """The route, which keeps answers, does not know what was in an uploaded file."""
    key = IdempotencyKey(member.user.id, KEY, "fingerprint", now() - timedelta(hours=1))
    whole, answer = key.with_content("sha256", "name"), Answer(201, {}, b"{}")
    async with uow(SYSTEM) as unit:
        await unit.idempotency.claim(whole, new_id())
        await unit.commit()
    async with uow(SYSTEM) as unit:
        other = Answer(200, {}, b"[]")
        await unit.idempotency.keep_answer(replace(key, fingerprint="another"), other)
        await unit.idempotency.keep_answer(key, answer)

    async with uow.reading(SYSTEM) as unit:
        assert await unit.idempotency.look_up(whole) == Answered(answer)
    assert key.fingerprint == "fingerprint"


async def test_an_answer_is_kept_alone(member: Person, uow: UnitOfWorkFactory) -> None:
    key = IdempotencyKey(member.user.id, KEY, "fingerprint", now() - timedelta(hours=1))
    async with uow(SYSTEM) as unit:
        assert await unit.idempotency.claim(key, new_id()) == Fresh()
        with pytest.raises(RuntimeError, match="other changes"):
            await unit.idempotency.keep_answer(key, Answer(201, {}, b"{}"))


@pytest.mark.parametrize("key", ["", "x" * 256, "two words", " ", "schlüssel", "a\tb", "a\x00b"])
async def test_a_key_of_another_form_is_refused(member: Person, key: str) -> None:
    refused = await post(member, "/tasks", key, json=TASK)

    assert refused.status_code == 422
    assert named(refused) == ["header", "Idempotency-Key"]
    assert (await member.get("/tasks")).json()["items"] == []


@pytest.mark.parametrize("key", ["x", "x" * 255, '"in-quotes"', "!~"])
async def test_any_visible_characters_are_a_key(
    member: Person, database: Database, key: str
) -> None:
    assert (await post(member, "/tasks", key, json=TASK)).status_code == 201

    (row,) = await kept(database)
    assert row.key == key


async def test_nobody_can_guess_a_body_from_what_is_kept(
    member: Person, database: Database, settings: Settings
) -> None:
    content = b'{"title": "Call her"}'
    headers = {"Content-Type": "application/json"}

    await post(member, "/tasks", KEY, content=content, headers=headers)

    (row,) = await kept(database)
    parts = ("POST", "/api/v1/tasks", content)
    without_secret = make_settings("postgresql:///unused", security={"secret_key": SECRET[::-1]})
    assert row.fingerprint == fingerprint(settings.security, *parts)
    assert row.fingerprint != fingerprint(without_secret.security, *parts)
    assert sha256(content).hexdigest() not in row.fingerprint


async def test_no_password_is_kept(admin: Person, database: Database) -> None:
    await post(
        admin,
        "/users",
        KEY,
        json={"email": "grace@example.com", "full_name": "Grace", "password": PASSWORD},
    )

    (row,) = await kept(database)
    assert row.body is not None
    assert b"grace@example.com" in row.body
    assert PASSWORD not in str(row.model_dump())
    assert b"password" not in row.body
