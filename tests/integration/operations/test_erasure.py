"""Accounts are erased: what is personal goes, what is the team's stays, and the trail forgets."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import text

from backend.core.config import Settings
from backend.core.database import Database
from backend.core.errors import ConflictError, NotFoundError, PermissionDeniedError
from backend.core.permissions import Role
from backend.core.scopes import SYSTEM
from backend.models.platform.job_requests import Queue
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.services.files.contents import FileContents
from backend.services.operations.erasure import AccountEraser
from tests.factories import PASSWORD, make_identity, make_user
from tests.fixtures.application import make_settings
from tests.fixtures.jobs import Jobs, running_jobs
from tests.fixtures.many_tasks import add_tasks, refuse_more
from tests.fixtures.people import Person, SignedIn, with_key
from tests.fixtures.post import Post
from tests.fixtures.postgres import dump
from tests.fixtures.waiting import eventually, waiting

ME = "/users/me"
REPORT = {"kind": "report", "inputs": {"report": "tasks_by_age"}}
Json = dict[str, Any]
AT_ONCE = 500


@pytest.fixture
async def ada(signed_in: SignedIn) -> Person:
    return await signed_in(email="ada@example.com", full_name="Ada Lovelace")


@pytest.fixture
def eraser(jobs: Jobs) -> AccountEraser:
    return jobs.services.operations.eraser


async def close(person: Person, password: str = PASSWORD) -> httpx2.Response:
    return await person.request("DELETE", ME, json={"password": password})


async def in_the_past(database: Database) -> None:
    """Let the days of grace pass."""
    async with database.engine.connect() as connection:
        await connection.execute(text("UPDATE users SET erase_at = now() WHERE erase_at > now()"))


async def sign_in(person: Person) -> Person:
    form = {"username": person.user.email, "password": PASSWORD}
    answer = await person.client.post("/api/v1/auth/token", data=form)
    assert answer.status_code == 200, answer.text
    return Person(person.user, person.session, answer.json()["access_token"], person.client)


async def upload_for_task(person: Person) -> str:
    """Upload a file of the team, and return its id."""
    task = (await person.post("/tasks", json={"title": "Offer"})).json()["id"]
    sent = {"file": ("offer.txt", b"An offer.", "text/plain")}
    made = await person.post("/files", files=sent, data={"task_id": task})
    file_id: str = made.json()["id"]
    return file_id


async def test_an_account_is_closed_with_the_password(ada: Person) -> None:
    assert (await close(ada, "wrong")).status_code == 422
    assert (await ada.get(ME)).json()["erase_at"] is None

    closing = await close(ada)

    assert closing.status_code == 202
    assert closing.json()["erase_at"] is not None
    assert (await ada.get(ME)).status_code == 401


async def test_its_owner_is_told_and_can_keep_it(
    ada: Person, post: Post, eraser: AccountEraser, database: Database
) -> None:
    await close(ada)
    assert "erased" in str((await post.deliver())["Subject"])

    again = await sign_in(ada)
    kept = await again.post(f"{ME}/keep")

    assert (kept.status_code, kept.json()["erase_at"]) == (200, None)
    assert (await again.post(f"{ME}/keep")).status_code == 409
    await in_the_past(database)
    await eraser.erase_due()
    assert (await again.get(ME)).json()["full_name"] == "Ada Lovelace"


async def test_nothing_is_erased_before_its_time(
    ada: Person, eraser: AccountEraser, admin: Person
) -> None:
    await close(ada)

    await eraser.erase_due()

    found = (await admin.get(f"/users/{ada.user.id}")).json()
    assert (found["full_name"], found["erased_at"]) == ("Ada Lovelace", None)


async def test_nothing_is_left_that_says_who_it_was(
    ada: Person, admin: Person, jobs: Jobs, eraser: AccountEraser, database: Database
) -> None:
    await with_key(ada)
    await ada.patch(ME, json={"full_name": "Ada King"})
    await sign_in(ada)
    await ada.post("/modules", json={"title": "Mine"})
    chat = (await ada.post("/chats", json={})).json()["id"]
    await ada.post(f"/chats/{chat}/messages", json={"text": "Hello"})
    await jobs.drain(Queue.EVENTS)
    await ada.client.post("/api/v1/auth/password-reset", json={"email": ada.user.email})
    await close(ada)
    await in_the_past(database)
    async with database.engine.connect() as connection:
        await connection.execute(text("DELETE FROM mail_requests"))

    await eraser.erase_due()

    left = await dump(database)
    for name in ("ada@example.com", "Lovelace", "Ada King"):
        assert name not in left
    gone = (await admin.get(f"/users/{ada.user.id}")).json()
    assert (gone["is_active"], gone["full_name"]) == (False, "Erased account")
    assert (await admin.post(f"/users/{ada.user.id}/activate")).status_code == 409
    events = (await admin.get("/audit", params={"subject_id": str(ada.user.id)})).json()["items"]
    # What has happened stays; who it happened to does not.
    assert {"user.updated", "user.erasure_requested", "user.erased"} <= {e["type"] for e in events}
    assert all(event["changes"] == {} for event in events)


async def test_the_trail_tells_everything_until_then(ada: Person, admin: Person) -> None:
    await ada.patch(ME, json={"full_name": "Ada King"})

    params = {"subject_id": str(ada.user.id), "type": "user.updated"}
    [event] = (await admin.get("/audit", params=params)).json()["items"]

    assert event["changes"] == {"full_name": {"before": "Ada Lovelace", "after": "Ada King"}}


async def test_what_is_the_teams_stays_or_goes_to_a_named_person(
    ada: Person, manager: Person, admin: Person, eraser: AccountEraser
) -> None:
    customer = (await ada.post("/customers", json={"name": "Somebody"})).json()["id"]
    given = {"title": "Call", "assignee_id": str(ada.user.id)}
    task = (await manager.post("/tasks", json=given)).json()["id"]
    sent = {"file": ("offer.txt", b"An offer.", "text/plain")}
    file = (await ada.post("/files", files=sent, data={"customer_id": customer})).json()["id"]

    await eraser.erase(ada.user.id, manager.user.id)

    heir = str(manager.user.id)
    assert (await admin.get(f"/customers/{customer}")).json()["owner_id"] == heir
    assert (await admin.get(f"/tasks/{task}")).json()["assignee_id"] == heir
    assert (await admin.get(f"/files/{file}")).json()["owner_id"] == heir
    assert (await admin.get(f"/files/{file}/content")).content == b"An offer."


async def test_a_task_of_the_team_leaves_the_module_that_is_erased(
    ada: Person, manager: Person, eraser: AccountEraser
) -> None:
    module = (await ada.post("/modules", json={"title": "Mine"})).json()["id"]
    await ada.post("/chats", json={"module_id": module})
    given = {"title": "Call", "module_id": module}
    task = (await ada.post("/tasks", json=given)).json()["id"]

    await eraser.erase(ada.user.id)

    found = (await manager.get(f"/tasks/{task}")).json()
    assert (found["title"], found["module_id"], found["version"]) == ("Call", None, 2)


async def test_only_somebody_else_who_can_sign_in_gets_it(
    ada: Person, admin: Person, signed_in: SignedIn, eraser: AccountEraser
) -> None:
    away = (await signed_in(Role.MEMBER)).user
    assert (await admin.post(f"/users/{away.id}/deactivate")).status_code == 200

    for heir_id in (ada.user.id, away.id):
        with pytest.raises(ConflictError, match="somebody else"):
            await eraser.erase(ada.user.id, heir_id)
    with pytest.raises(NotFoundError):
        await eraser.erase(ada.user.id, uuid4())

    assert (await ada.get(ME)).status_code == 200


async def test_without_a_named_person_it_is_nobodys(
    ada: Person, manager: Person, admin: Person, eraser: AccountEraser
) -> None:
    customer = (await ada.post("/customers", json={"name": "Somebody"})).json()["id"]
    given = {"title": "Call", "assignee_id": str(ada.user.id)}
    task = (await manager.post("/tasks", json=given)).json()["id"]

    await eraser.erase(ada.user.id)

    assert (await admin.get(f"/tasks/{task}")).json()["assignee_id"] is None
    owner = (await admin.get(f"/customers/{customer}")).json()["owner_id"]
    assert (await admin.get(f"/users/{owner}")).json()["full_name"] == "Erased account"


async def test_contents_of_private_files_are_deleted(
    ada: Person, eraser: AccountEraser, storage_folder: Any
) -> None:
    sent = {"file": ("mine.txt", b"A secret.", "text/plain")}
    file = (await ada.post("/files", files=sent)).json()["id"]
    assert (storage_folder / file).exists()

    await eraser.erase(ada.user.id)

    assert not (storage_folder / file).exists()


async def test_whoever_gets_what_is_the_teams_gets_no_private_file(
    ada: Person, manager: Person, eraser: AccountEraser, storage_folder: Any
) -> None:
    sent = {"file": ("mine.txt", b"A secret.", "text/plain")}
    module = (await ada.post("/modules", json={"title": "Mine"})).json()["id"]
    free = (await ada.post("/files", files=sent)).json()["id"]
    in_module = (await ada.post("/files", files=sent, data={"module_id": module})).json()["id"]

    await eraser.erase(ada.user.id, manager.user.id)

    assert (await manager.get("/files")).json()["items"] == []
    assert not any((storage_folder / file).exists() for file in (free, in_module))


async def test_no_file_returns_to_who_is_gone(
    ada: Person, manager: Person, eraser: AccountEraser
) -> None:
    file = await upload_for_task(ada)
    await eraser.erase(ada.user.id)

    refused = await manager.delete(f"/files/{file}/subject")

    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/conflict")
    assert (await manager.get(f"/files/{file}")).json()["version"] == 1
    task = (await manager.post("/tasks", json={"title": "Call"})).json()["id"]
    moved = await manager.patch(f"/files/{file}", json={"task_id": task})
    assert (moved.status_code, moved.json()["task_id"]) == (200, task)
    assert (await manager.delete(f"/files/{file}")).status_code == 204


async def test_a_file_that_returns_meanwhile_is_erased_too(
    ada: Person,
    manager: Person,
    eraser: AccountEraser,
    storage_folder: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = await upload_for_task(ada)
    leave_nobody = AccountEraser._leave_nobody

    async def return_first(*given: Any) -> None:
        assert (await manager.delete(f"/files/{file}/subject")).status_code == 200
        await leave_nobody(*given)

    monkeypatch.setattr(AccountEraser, "_leave_nobody", return_first)
    await eraser.erase(ada.user.id)

    assert not (storage_folder / file).exists()


async def test_an_upload_that_ends_afterwards_is_erased_by_the_next_job(
    ada: Person, eraser: AccountEraser, storage_folder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = FileContents.put

    async def put_slowly(*given: Any) -> None:
        await put(*given)
        await eraser.erase(ada.user.id)

    sent = {"file": ("mine.txt", b"A secret.", "text/plain")}
    with monkeypatch.context() as patched:
        patched.setattr(FileContents, "put", put_slowly)
        file = (await ada.post("/files", files=sent)).json()["id"]
    assert (storage_folder / file).exists()

    await eraser.erase_due()

    assert not (storage_folder / file).exists()


async def test_the_last_admin_is_neither_closed_nor_erased(
    admin: Person, eraser: AccountEraser, signed_in: SignedIn
) -> None:
    assert (await close(admin)).status_code == 409
    with pytest.raises(ConflictError, match="last active admin"):
        await eraser.erase(admin.user.id)

    other = await signed_in(Role.ADMIN)
    answers = await asyncio.gather(
        eraser.erase(admin.user.id), eraser.erase(other.user.id), return_exceptions=True
    )

    assert sorted(type(each).__name__ for each in answers) == ["ConflictError", "NoneType"]


async def test_while_an_execution_runs_it_waits_for_its_end(
    ada: Person, admin: Person, eraser: AccountEraser, database: Database, jobs: Jobs
) -> None:
    made = (await ada.post("/executions", json=REPORT)).json()["id"]
    leased = text("""
        UPDATE executions SET status = 'running', attempts = 1,
            leased_until = clock_timestamp() + interval '20 seconds' WHERE id = CAST(:id AS uuid)
    """)
    async with database.engine.connect() as connection:
        await connection.execute(leased, {"id": made})

    with pytest.raises(ConflictError, match="still running"):
        await eraser.erase(ada.user.id)

    # Nobody gets in meanwhile, and what runs was asked to stop.
    await eventually(401, lambda: ada.get(ME))
    ended = text("UPDATE executions SET status = 'cancelled', leased_until = NULL")
    async with database.engine.connect() as connection:
        asked = text("SELECT cancel_requested_at FROM executions")
        assert await connection.scalar(asked) is not None
        await connection.execute(ended)
    await eraser.erase(ada.user.id)
    assert (await admin.get(f"/users/{ada.user.id}")).json()["erased_at"] is not None


async def test_what_waits_to_be_run_is_cancelled(ada: Person, eraser: AccountEraser) -> None:
    await ada.post("/executions", json=REPORT)

    await eraser.erase(ada.user.id)


async def test_it_goes_on_where_it_was_interrupted(
    ada: Person, eraser: AccountEraser, uow: SqlUnitOfWorkFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ada.post("/modules", json={"title": "Mine"})
    async with uow(SYSTEM) as unit:
        await unit.linked_identities.save(make_identity(user_id=ada.user.id))
        await unit.commit()

    async def crash(*_: Any) -> bool:
        raise RuntimeError("The machine stops.")

    with monkeypatch.context() as patched:
        patched.setattr(AccountEraser, "_leave_nobody", crash)
        with pytest.raises(RuntimeError):
            await eraser.erase(ada.user.id)

    await eraser.erase(ada.user.id)

    async with uow.reading(SYSTEM) as reading:
        assert (await reading.users.get(ada.user.id)).erased_at is not None
    with pytest.raises(ConflictError, match="already"):
        await eraser.erase(ada.user.id)


async def test_no_event_is_ever_changed(
    ada: Person, eraser: AccountEraser, database: Database
) -> None:
    await ada.patch(ME, json={"full_name": "Ada King"})
    everything = text("SELECT events::text FROM events ORDER BY id")
    async with database.engine.connect() as connection:
        before = (await connection.execute(everything)).scalars().all()

    await eraser.erase(ada.user.id)

    async with database.engine.connect() as connection:
        after = (await connection.execute(everything)).scalars().all()
    assert list(after[: len(before)]) == list(before)


async def test_the_job_puts_off_what_it_cant_do_and_does_the_rest(
    ada: Person, admin: Person, jobs: Jobs, eraser: AccountEraser, database: Database
) -> None:
    async with database.engine.connect() as connection:
        await connection.execute(text("UPDATE users SET erase_at = now()"))

    await eraser.erase_due()

    assert (await admin.get(ME)).json()["erased_at"] is None
    assert (await admin.get(f"/users/{ada.user.id}")).json()["erased_at"] is not None


async def test_who_keeps_the_account_at_the_last_moment_keeps_everything(
    ada: Person, eraser: AccountEraser, database: Database
) -> None:
    await close(ada)
    again = await sign_in(ada)
    await in_the_past(database)

    async with database.writing_session() as session:
        kept = text("UPDATE users SET erase_at = NULL WHERE id = :id")
        await (await session.connection()).execute(kept, {"id": ada.user.id})
        async with waiting(eraser.erase_due(), database):
            await session.commit()

    assert (await again.get(ME)).json()["full_name"] == "Ada Lovelace"


async def test_nobody_keeps_an_account_that_is_being_erased(
    ada: Person, jobs: Jobs, database: Database
) -> None:
    closing = jobs.services.identity.account_closing
    await close(ada)

    async with database.writing_session() as session:
        shut = text("UPDATE users SET is_active = false WHERE id = :id")
        await (await session.connection()).execute(shut, {"id": ada.user.id})
        with pytest.raises(PermissionDeniedError, match="deactivated"):
            async with waiting(closing.keep(ada.principal), database):
                await session.commit()


@pytest.mark.parametrize("has_heir", [True, False])
async def test_much_of_the_team_is_passed_on_a_piece_at_a_time(
    has_heir: bool, fresh_database_url: str
) -> None:
    settings = make_settings(fresh_database_url)
    database = Database(settings.database)
    person, heir = make_user(), make_user()
    async with SqlUnitOfWorkFactory(database)(SYSTEM) as unit:
        await unit.users.save_many([person, heir])
        await unit.commit()
    async with database.engine.connect() as connection:
        await refuse_more(connection, AT_ONCE)
        await add_tasks(connection, AT_ONCE * 2 + 1, assignee_id=person.id)

    async with running_jobs(settings, database) as jobs:
        await jobs.services.operations.eraser.erase(person.id, heir.id if has_heir else None)

    async with database.engine.connect() as connection:
        assignees = await connection.execute(text("SELECT DISTINCT assignee_id FROM tasks"))
        assert assignees.scalars().all() == [heir.id if has_heir else None]
    await database.close()


def test_the_time_to_think_again_is_a_setting(settings: Settings) -> None:
    assert timedelta(days=settings.security.erasure_days) == timedelta(days=14)
