"""Transactions that get in each other's way: locks, deadlocks, and rows that go meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest

from backend.core.attempts import RowChangedError, is_optimistic, retried
from backend.core.database import Database
from backend.core.errors import TransactionLostError
from backend.core.scopes import SYSTEM
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from tests.factories import (
    PASSWORD,
    make_chat,
    make_file,
    make_invitation,
    make_lead,
    make_model_config,
    make_module,
    make_notification,
    make_task,
    make_user,
)
from tests.fixtures.people import Person
from tests.fixtures.processes import wait_for_waiting


async def save(uow: SqlUnitOfWorkFactory, **rows: Any) -> None:
    """Save one row each, by the name of its repository."""
    async with uow(SYSTEM) as unit:
        for name, row in rows.items():
            await getattr(unit, name).save(row)
        await unit.commit()


async def meanwhile(
    uow: SqlUnitOfWorkFactory, url: str, request: Coroutine[Any, Any, Any], **rows: Any
) -> Any:
    """What the request answers that has to wait for a transaction which adds the rows."""
    async with uow(SYSTEM) as unit:
        for name, row in rows.items():
            await getattr(unit, name).save(row)
        asked = asyncio.create_task(request)
        await asyncio.to_thread(wait_for_waiting, url, 1)
        await unit.commit()
    return await asked


@pytest.mark.parametrize(
    ("name", "make"), [("tasks", make_task), ("files", make_file), ("chats", make_chat)]
)
async def test_a_module_that_others_fill_meanwhile_is_not_deleted(
    member: Person, uow: SqlUnitOfWorkFactory, worker_database_url: str, name: str, make: Any
) -> None:
    module = make_module(owner_id=member.user.id)
    await save(uow, modules=module)
    fields = {} if name == "tasks" else {"owner_id": member.user.id}
    row = make(module_id=module.id, **fields)

    delete = member.delete(f"/modules/{module.id}")
    answer = await meanwhile(uow, worker_database_url, delete, **{name: row})

    assert answer.status_code == 409
    assert answer.json()["detail"] == (
        "Something was added to this module at the same time: delete it again."
    )
    assert (await member.delete(f"/modules/{module.id}")).status_code == 204


@pytest.mark.parametrize("name", ["modules", "model_configs"])
async def test_what_refers_to_a_row_that_is_deleted_meanwhile_names_the_field(
    member: Person, uow: SqlUnitOfWorkFactory, worker_database_url: str, name: str
) -> None:
    field = f"{name.removesuffix('s')}_id"
    row: Any = make_model_config()
    if name == "modules":
        row = make_module(owner_id=member.user.id)
    await save(uow, **{name: row})
    body = {field: str(row.id)}

    async with uow(SYSTEM) as unit:
        repository = getattr(unit, name)
        await repository.delete(await repository.get(row.id))
        asked = asyncio.create_task(member.post("/chats", json=body))
        await asyncio.to_thread(wait_for_waiting, worker_database_url, 1)
        await unit.commit()
    answer = await asked

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["body", field]


async def test_a_transaction_that_was_lost_is_run_once_more(uow: SqlUnitOfWorkFactory) -> None:
    one, other = make_task(title="One"), make_task(title="Other")
    await save(uow, tasks=one)
    await save(uow, tasks=other)
    both, one_is_done = asyncio.Barrier(2), asyncio.Event()
    attempts = []

    @retried
    async def rename(first: UUID, second: UUID, title: str) -> None:
        attempts.append(title)
        if len(attempts) > 2:
            # It might be quicker than the other, which the database has yet to wake.
            await one_is_done.wait()
        async with uow(SYSTEM) as unit:
            tasks = [await unit.tasks.get(first, for_update=True)]
            if len(attempts) <= 2:
                await both.wait()
            tasks.append(await unit.tasks.get(second, for_update=True))
            for task in tasks:
                task.title += title
            await unit.tasks.save_many(tasks)
            await unit.commit()
        one_is_done.set()

    await asyncio.gather(rename(one.id, other.id, " here"), rename(other.id, one.id, " there"))

    assert len(attempts) == 3
    async with uow.reading(SYSTEM) as reading:
        for task in (one, other):
            title = (await reading.tasks.get(task.id)).title
            assert sorted(title.split()[1:]) == ["here", "there"]


async def test_a_transaction_that_is_lost_again_is_an_error() -> None:
    attempts: list[None] = []

    @retried
    async def lose() -> None:
        attempts.append(None)
        raise TransactionLostError("Try again.")

    with pytest.raises(TransactionLostError):
        await lose()

    assert len(attempts) == 2


async def test_a_transaction_that_is_lost_behind_locks_is_run_once_more() -> None:
    attempts: list[bool] = []

    @retried
    async def meet_others() -> str:
        attempts.append(is_optimistic())
        match len(attempts):
            case 1:
                raise RowChangedError
            case 2:
                raise TransactionLostError("Try again.")
        return "done"

    assert await meet_others() == "done"

    assert attempts == [True, False, False]


@asynccontextmanager
async def losing(
    database: Database, condition: str = "serialization_failure"
) -> AsyncIterator[None]:
    """The first transaction that writes something worth telling is lost."""
    lose = f"""
        CREATE SEQUENCE losses;
        CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF nextval('losses') = 1 THEN
                RAISE 'lost' USING ERRCODE = '{condition}';
            END IF;
            RETURN NULL;
        END $$;
    """
    tables = ("events", "notification_preferences", "notifications")
    losing = "CREATE TRIGGER lose AFTER INSERT OR UPDATE ON {} EXECUTE FUNCTION lose();"
    async with database.engine.begin() as connection:
        await connection.exec_driver_sql(lose + "".join(losing.format(name) for name in tables))
    try:
        yield
    finally:
        async with database.engine.begin() as connection:
            await connection.exec_driver_sql("DROP FUNCTION lose CASCADE; DROP SEQUENCE losses")


PREFERENCE = {"kind": "task_assigned", "in_app": True, "mail": False}
SHORT_WRITES: dict[str, tuple[str, str, Any]] = {
    "a role": ("PUT", "/users/{viewer}/role", {"role": "member"}),
    "a deactivation": ("POST", "/users/{viewer}/deactivate", None),
    "an activation": ("POST", "/users/{left}/activate", None),
    "oneself": ("PATCH", "/users/me", {"full_name": "Grace"}),
    "a password": (
        "POST",
        "/auth/password",
        {"current_password": PASSWORD, "new_password": "another long one"},
    ),
    "all sessions": ("POST", "/auth/logout-all", None),
    "a session": ("POST", "/auth/logout", None),
    "a lead": ("POST", "/leads/{lead}/convert", {}),
    "an invitation again": ("POST", "/invitations/{invitation}/resend", None),
    "an invitation": ("DELETE", "/invitations/{invitation}", None),
    "a default": ("PATCH", "/model-configs/{config}", {"is_default": True}),
    "preferences": ("PUT", "/notifications/preferences", {"preferences": [PREFERENCE]}),
    "a notification": ("POST", "/notifications/{notification}/read", None),
    "all notifications": ("POST", "/notifications/read-all", None),
}


async def written_rows(uow: SqlUnitOfWorkFactory, admin: Person) -> dict[str, UUID]:
    """Add what the requests write; answers the ids in their paths."""
    left, lead = make_user(is_active=False), make_lead(owner_id=admin.user.id)
    config, invitation = make_model_config(), make_invitation(invited_by=admin.user.id)
    notification = make_notification(user_id=admin.user.id)
    async with uow(SYSTEM) as unit:
        await unit.users.save(left)
        await unit.leads.save(lead)
        await unit.model_configs.save(config)
        await unit.invitations.save(invitation)
        await unit.notifications.add(notification)
        await unit.commit()
    return {
        "left": left.id,
        "lead": lead.id,
        "config": config.id,
        "invitation": invitation.id,
        "notification": notification.id,
    }


@pytest.mark.parametrize("request_", SHORT_WRITES.values(), ids=SHORT_WRITES)
async def test_short_writes_are_run_once_more(
    admin: Person,
    viewer: Person,
    uow: SqlUnitOfWorkFactory,
    database: Database,
    request_: tuple[str, str, Any],
) -> None:
    method, path, body = request_
    ids = await written_rows(uow, admin) | {"viewer": viewer.user.id}

    async with losing(database):
        answer = await admin.request(method, path.format(**ids), json=body)

    assert answer.is_success, answer.text


async def test_a_row_that_stays_locked_is_an_error_that_says_when_to_try_again(
    member: Person, database: Database
) -> None:
    """The wait for it is in tests/faults."""
    async with losing(database, "lock_not_available"):
        refused = await member.post("/tasks", json={"title": "Call"})

    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    assert refused.json()["detail"].startswith("Somebody else is changing the same object.")
    assert (await member.get("/tasks")).json()["items"] == []
