"""Every change is told of, once, with what it changed; nothing else is, and nothing is untold."""

import re
from typing import Any

import httpx2
import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import text
from sqlmodel import SQLModel

from backend.core.database import Database
from backend.core.passwords import PasswordHasher
from backend.core.permissions import Means, Role, SubjectKind
from backend.core.scopes import SYSTEM
from backend.models.platform.base import metadata
from backend.models.platform.domain_events import ResourceChanged
from backend.models.platform.mixins import Identified
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.services.identity.users import UserService
from tests.factories import make_task, make_user
from tests.fixtures.people import Person, SignedIn


async def events(admin: Person, **query: Any) -> list[dict[str, Any]]:
    answer = await admin.get("/audit", params={"sort": "occurred_at"} | query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def types(admin: Person, **query: Any) -> list[str]:
    return [event["type"] for event in await events(admin, **query)]


async def test_a_change_tells_who_changed_what_from_what_to_what(
    admin: Person, member: Person
) -> None:
    task = (await member.post("/tasks", json={"title": "Call"})).json()
    answer = await member.patch(
        f"/tasks/{task['id']}", json={"title": "Call back"}, headers={"X-Request-ID": "r-1"}
    )

    (changed,) = await events(admin, type="task.updated")
    assert changed["changes"] == {"title": {"before": "Call", "after": "Call back"}}
    assert changed["subject_id"] == task["id"]
    assert changed["actor_id"] == str(member.user.id)
    assert changed["means"] == "api"
    assert changed["request_id"] == answer.headers["X-Request-ID"]


async def test_what_is_created_and_deleted_is_told_whole(admin: Person) -> None:
    product = {"sku": "S-1", "name": "Seat", "price": {"amount": "9.90", "currency": "EUR"}}
    path = "/products/" + (await admin.post("/products", json=product)).json()["id"]
    await admin.delete(path)

    created, deleted = await events(admin, subject_kind="product")
    assert created["changes"]["sku"] == {"before": None, "after": "S-1"}
    assert deleted["changes"]["sku"] == {"before": "S-1", "after": None}
    assert created["changes"].keys() == deleted["changes"].keys()


async def test_what_changes_nothing_is_not_told(admin: Person) -> None:
    path = "/tasks/" + (await admin.post("/tasks", json={"title": "Call"})).json()["id"]
    await admin.patch(path, json={"title": "Call"})

    assert await types(admin, subject_kind="task") == ["task.created"]


async def test_what_is_refused_is_not_told(admin: Person) -> None:
    path = "/tasks/" + (await admin.post("/tasks", json={"title": "Call"})).json()["id"]
    assert (await admin.post(f"{path}/reopen")).status_code == 409
    assert (await admin.delete(path, headers={"If-Match": '"9"'})).status_code == 412

    assert await types(admin, subject_kind="task") == ["task.created"]


async def test_a_retry_is_not_told_again(admin: Person) -> None:
    for _ in range(2):
        await admin.post("/tasks", json={"title": "Call"}, headers={"Idempotency-Key": "once"})

    assert await types(admin, subject_kind="task") == ["task.created"]


async def test_each_resource_tells_of_its_changes(admin: Person) -> None:
    customer = (await admin.post("/customers", json={"name": "Ada"})).json()["id"]
    await admin.post(f"/customers/{customer}/archive")
    await admin.post(f"/customers/{customer}/archive")
    await admin.post(f"/customers/{customer}/restore")
    module = (await admin.post("/modules", json={"title": "Mine"})).json()["id"]
    other = (await admin.post("/modules", json={"title": "Other"})).json()["id"]
    await admin.post("/modules/reorder", json={"module_ids": [other, module]})
    await admin.post("/modules/reorder", json={"module_ids": [other, module]})
    task = (await admin.post("/tasks", json={"title": "Call", "module_id": module})).json()["id"]
    item = (await admin.post(f"/tasks/{task}/checklist", json={"text": "Ask"})).json()
    await admin.patch(
        f"/tasks/{task}/checklist/{item['checklist'][0]['id']}", json={"is_done": True}
    )
    await admin.post(f"/tasks/{task}/complete")
    await admin.post(f"/tasks/{task}/reopen")
    await admin.post("/files", files={"file": ("a.txt", b"text")})
    await admin.delete(f"/modules/{module}")

    assert await types(admin) == [
        "customer.created",
        "customer.archived",
        "customer.restored",
        "module.created",
        "module.created",
        "module.reordered",
        "task.created",
        "task.updated",
        "task.updated",
        "task.completed",
        "task.reopened",
        "file.created",
        "module.deleted",
    ]
    (deleted,) = await events(admin, type="module.deleted")
    assert deleted["changes"]["task_ids"] == {"before": [task], "after": None}


async def test_a_conversion_tells_of_the_customer_and_the_tasks(admin: Person) -> None:
    lead = (await admin.post("/leads", json={"name": "Ada"})).json()["id"]
    task = (await admin.post("/tasks", json={"title": "Call", "lead_id": lead})).json()["id"]
    customer = (await admin.post(f"/leads/{lead}/convert")).json()["id"]
    await admin.post(f"/leads/{lead}/convert")

    (converted,) = await events(admin, type="lead.converted")
    assert converted["changes"]["customer_id"] == {"before": None, "after": customer}
    assert converted["changes"]["task_ids"] == {"before": [], "after": [task]}
    assert converted["changes"]["status"]["after"] == "converted"
    assert await types(admin, subject_kind="customer") == ["customer.created"]


async def test_products_of_a_lead_are_part_of_it(admin: Person) -> None:
    product = {"sku": "S-1", "name": "Seat", "price": {"amount": "9.90", "currency": "EUR"}}
    product_id = (await admin.post("/products", json=product)).json()["id"]
    lead = (await admin.post("/leads", json={"name": "Ada"})).json()["id"]
    await admin.patch(f"/leads/{lead}", json={"product_ids": [product_id]})

    (changed,) = await events(admin, type="lead.updated")
    assert changed["changes"] == {"product_ids": {"before": [], "after": [product_id]}}


@pytest.mark.parametrize("way", ["assign", "patch", "bulk"])
async def test_giving_a_task_to_somebody_is_one_event(
    manager: Person, admin: Person, member: Person, way: str
) -> None:
    task_id = (await manager.post("/tasks", json={"title": "Call"})).json()["id"]
    given = {"assignee_id": str(member.user.id)}
    if way == "assign":
        await manager.post(f"/tasks/{task_id}/assign", json=given)
    elif way == "patch":
        await manager.patch(f"/tasks/{task_id}", json=given)
    else:
        change = {"task_id": task_id, "changes": given}
        await manager.post("/tasks/bulk", json={"changes": [change]})

    assert await types(admin, subject_kind="task") == ["task.created", "task.assigned"]


async def test_a_task_created_for_somebody_is_assigned_too(admin: Person) -> None:
    await admin.post("/tasks", json={"title": "Call", "assignee_id": str(admin.user.id)})

    created, assigned = await events(admin, subject_kind="task")
    assert (created["type"], assigned["type"]) == ("task.created", "task.assigned")
    assert assigned["changes"].keys() == {"assignee_id"}


async def test_a_bulk_change_that_is_refused_tells_of_the_others_only(admin: Person) -> None:
    ids = [(await admin.post("/tasks", json={"title": "Call"})).json()["id"] for _ in range(2)]
    changes = [
        {"task_id": ids[0], "changes": {"title": "Call back"}},
        {"task_id": ids[1], "changes": {"title": "Call back"}, "version": 9},
    ]
    await admin.post("/tasks/bulk", json={"changes": changes, "all_or_nothing": True})
    assert await types(admin, type="task.updated") == []

    await admin.post("/tasks/bulk", json={"changes": changes, "all_or_nothing": False})
    (changed,) = await events(admin, type="task.updated")
    assert changed["subject_id"] == ids[0]


async def test_accounts_tell_of_roles_and_deactivation(admin: Person, member: Person) -> None:
    user = f"/users/{member.user.id}"
    await admin.put(f"{user}/role", json={"role": "manager"})
    await admin.post(f"{user}/deactivate")
    await admin.post(f"{user}/activate")
    await admin.patch("/users/me", json={"full_name": "Augusta"})

    assert await types(admin) == [
        "user.role_changed",
        "user.sessions_revoked",
        "user.deactivated",
        "user.activated",
        "user.updated",
    ]
    (changed,) = await events(admin, type="user.role_changed")
    assert changed["changes"] == {"role": {"before": "member", "after": "manager"}}


PASSWORD = "correct horse battery staple"


async def sign_in(client: httpx2.AsyncClient, email: str, password: str) -> httpx2.Response:
    return await client.post("/api/v1/auth/token", data={"username": email, "password": password})


@pytest.fixture
async def registered(client: httpx2.AsyncClient) -> str:
    person = {"email": "ada@example.com", "full_name": "Ada", "password": PASSWORD}
    return str((await client.post("/api/v1/auth/register", json=person)).json()["id"])


async def test_sign_ins_and_what_becomes_of_sessions_are_told(
    admin: Person, client: httpx2.AsyncClient, registered: str
) -> None:
    assert (await sign_in(client, "ada@example.com", "wrong")).status_code == 401
    assert (await sign_in(client, "nobody@example.com", "wrong")).status_code == 401
    tokens = (await sign_in(client, "ada@example.com", PASSWORD)).json()
    for device in ("One", "Another"):
        body = {"refresh_token": tokens["refresh_token"]}
        await client.post("/api/v1/auth/refresh", json=body, headers={"User-Agent": device})
    tokens = (await sign_in(client, "ada@example.com", PASSWORD)).json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    await client.post("/api/v1/auth/logout", headers=headers)

    told = await events(admin)
    assert [(event["type"], event["actor_id"]) for event in told] == [
        ("user.created", None),
        ("sign_in.failed", None),
        ("sign_in.failed", None),
        ("session.started", registered),
        ("session.refresh_replayed", None),
        ("session.started", registered),
        ("session.revoked", registered),
    ]
    assert [event["subject_id"] for event in told[1:3]] == [registered, None]
    assert "nobody@example.com" not in str(told)


async def test_no_secret_is_told(
    admin: Person, client: httpx2.AsyncClient, registered: str, database: Database
) -> None:
    tokens = (await sign_in(client, "ada@example.com", PASSWORD)).json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    change = {"current_password": PASSWORD, "new_password": "another horse battery"}
    await client.post("/api/v1/auth/password", json=change, headers=headers)

    assert "user.password_changed" in await types(admin)
    async with database.engine.connect() as connection:
        rows = await connection.execute(text("SELECT changes::text FROM events"))
        told = " ".join(rows.scalars())
    secrets = (tokens["access_token"], tokens["refresh_token"], PASSWORD, "another horse", "argon2")
    for secret in secrets:
        assert secret not in told


def test_no_column_that_sounds_secret_is_among_the_facts() -> None:
    # Tokens as language models count them are no secret.
    counted = {"tokens", "max_output_tokens", "held_tokens", "input_tokens", "output_tokens"}
    models = [mapper.class_ for mapper in SQLModel._sa_registry.mappers]
    telling = [
        f"{model.__name__}.{column.name}"
        for model in models
        if issubclass(model, Identified)
        for column in metadata.tables[str(model.__tablename__)].columns
        if re.search("hash|password|token|secret", column.name)
        and column.name not in {*model.secrets, *counted}
    ]
    assert telling == []


async def test_commands_are_told_apart_from_requests(database: Database, admin: Person) -> None:
    uow = SqlUnitOfWorkFactory(database, Means.COMMAND_LINE)
    await UserService(uow, PasswordHasher(), None).set_role(admin.user.id, Role.ADMIN, None)
    other = make_user()
    async with uow(SYSTEM) as unit:
        await unit.users.save(other)
        await unit.commit()
    await UserService(uow, PasswordHasher(), None).deactivate(other.id, None)

    (event,) = await events(admin)
    assert (event["type"], event["means"], event["actor_id"]) == (
        "user.deactivated",
        "command_line",
        None,
    )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET actor_id = NULL",
        "DELETE FROM events",
        "TRUNCATE events",
        "SET mvp.events_retention = 'on'; DELETE FROM events",
        "SET mvp.events_retention = 'on'; UPDATE events SET occurred_at = '2000-01-01'",
    ],
)
async def test_the_database_refuses_to_change_what_was_told(
    uow: SqlUnitOfWorkFactory, worker_database_url: str, statement: str
) -> None:
    async with uow(SYSTEM) as unit:
        unit.record(ResourceChanged(kind=SubjectKind.TASK, verb="deleted", subject_id=None))
        await unit.commit()

    with (
        psycopg.connect(worker_database_url) as connection,
        pytest.raises(InsufficientPrivilege, match="append-only"),
    ):
        connection.execute(statement.encode())


async def test_what_is_not_committed_is_not_told(uow: SqlUnitOfWorkFactory, admin: Person) -> None:
    async with uow(SYSTEM) as unit:
        await unit.tasks.save(make_task())
        unit.record(ResourceChanged(kind=SubjectKind.TASK, verb="created", subject_id=None))

    assert await events(admin) == []


async def test_events_are_filtered(admin: Person, signed_in: SignedIn) -> None:
    other = await signed_in(Role.MEMBER)
    task = (await admin.post("/tasks", json={"title": "Call"})).json()["id"]
    await other.post("/customers", json={"name": "Ada"})
    first, second = await events(admin)

    assert await events(admin, type="task.created") == [first]
    assert await events(admin, subject_kind="customer") == [second]
    assert await events(admin, subject_id=task) == [first]
    assert await events(admin, actor_id=str(other.user.id)) == [second]
    assert await events(admin, occurred_before=second["occurred_at"]) == [first]
    assert await events(admin, occurred_after=second["occurred_at"]) == [second]


async def test_of_what_is_private_only_that_it_changes_is_told(
    admin: Person, viewer: Person
) -> None:
    module = (await viewer.post("/modules", json={"title": "Secret plan"})).json()["id"]
    await viewer.patch(f"/modules/{module}", json={"title": "Another plan"})
    await viewer.delete(f"/modules/{module}")
    file = (await viewer.post("/files", files={"file": ("secret.txt", b"text")})).json()
    await viewer.delete(f"/files/{file['id']}")

    told = await events(admin, actor_id=str(viewer.user.id))
    assert told[1]["changes"] == {"title": {"before": "(private)", "after": "(private)"}}
    assert [event["type"] for event in told] == [
        "module.created",
        "module.updated",
        "module.deleted",
        "file.created",
        "file.deleted",
    ]
    for secret in ("plan", "secret", file["sha256"]):
        assert secret not in str(told)


async def test_files_of_the_team_are_told_of_by_name(admin: Person) -> None:
    customer = (await admin.post("/customers", json={"name": "Ada"})).json()["id"]
    file = {"file": ("offer.txt", b"text")}
    await admin.post("/files", files=file, data={"customer_id": customer})

    (created,) = await events(admin, type="file.created")
    assert created["changes"]["name"] == {"before": None, "after": "offer.txt"}
