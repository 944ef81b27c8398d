"""What goes on for somebody ends when their rights do."""

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from backend.api import deps
from backend.core.database import Database
from backend.core.errors import AuthenticationError, NotFoundError, PermissionDeniedError
from backend.core.passwords import PasswordHasher
from backend.core.permissions import NO_SESSION, ROLE_PERMISSIONS, Means, Permission, Role
from backend.core.scopes import FIRST, SYSTEM
from backend.models.background.executions import ExecutionCreate, ExecutionStatus
from backend.models.exchange.imports import ImportInputs
from backend.models.files.files import FileSubject
from backend.models.notifications.notifications import Notification
from backend.models.platform.audit_events import EventQuery
from backend.models.platform.idempotency import made
from backend.models.tasks.tasks import TaskQuery
from backend.process_state import process_state
from backend.repositories.platform.unit import Channel
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.services.background.executions import ExecutionService
from backend.services.background.kinds import RegisteredKind
from backend.services.exchange.imports.kind import import_name
from backend.services.identity.api_keys import ApiKeyService
from backend.services.identity.rights import PresentRights
from backend.services.identity.users import UserService
from backend.services.notifications.stream import NotificationWatch
from backend.services.platform.all_pages import all_pages
from backend.services.tasks.tasks import TaskService
from backend.wiring import wire
from tests.factories import make_notification, make_task
from tests.fixtures.execution_kinds import (
    StepsKind,
    asking_each_time,
    begin,
    execution_service,
    stored,
)
from tests.fixtures.kept_runs import KeptRun
from tests.fixtures.people import Answer, Person, with_key
from tests.fixtures.sheets import Sheets
from tests.fixtures.statements import sent_statements
from tests.fixtures.waiting import SECONDS

Ends = Callable[[Person, Person], Answer]


def demote(admin: Person, person: Person, role: str = "viewer") -> Answer:
    return admin.put(f"/users/{person.user.id}/role", json={"role": role})


def deactivate(admin: Person, person: Person) -> Answer:
    return admin.post(f"/users/{person.user.id}/deactivate")


def sign_out(_admin: Person, person: Person) -> Answer:
    return person.post("/auth/logout")


REASONS: dict[Ends, str] = {demote: "tasks:write", deactivate: "The account is deactivated."}


@pytest.fixture
def rights(uow: SqlUnitOfWorkFactory) -> PresentRights:
    return asking_each_time(uow)


async def test_somebody_has_the_role_of_now(
    rights: PresentRights, member: Person, admin: Person
) -> None:
    signed_in = replace(member.principal, means=Means.AGENT)
    in_background = replace(member.principal, session_id=NO_SESSION, means=Means.JOB)
    assert await rights.of(signed_in) is signed_in

    await demote(admin, member, "manager")

    for by in (signed_in, in_background):
        assert await rights.of(by) == replace(by, role=Role.MANAGER)


async def test_who_is_deactivated_has_no_rights(
    rights: PresentRights, member: Person, admin: Person
) -> None:
    await deactivate(admin, member)

    for session_id in (member.session.id, NO_SESSION):
        with pytest.raises(PermissionDeniedError, match="deactivated"):
            await rights.of(replace(member.principal, session_id=session_id))


async def test_the_end_of_a_session_ends_only_what_needs_one(
    rights: PresentRights, member: Person
) -> None:
    await member.post("/auth/logout")

    with pytest.raises(AuthenticationError, match="session has ended"):
        await rights.of(member.principal)
    in_background = replace(member.principal, session_id=NO_SESSION)
    assert await rights.of(in_background) == in_background


async def test_a_permission_that_was_lost_is_named(
    rights: PresentRights, member: Person, admin: Person
) -> None:
    may_write = rights.as_of_now(member.principal, Permission.TASKS_WRITE)
    assert (await may_write()).role is Role.MEMBER

    await demote(admin, member)

    with pytest.raises(PermissionDeniedError, match="tasks:write"):
        await may_write()


async def test_looking_again_asks_the_database_only_after_a_change(
    settings: Any, database: Database, member: Person
) -> None:
    state = process_state(settings)
    state.caches.regained()
    uow = SqlUnitOfWorkFactory(database, caches=state.caches)
    services = wire(settings, uow, {}, state)
    by = replace(member.principal, means=Means.AGENT)
    await services.identity.rights.of(by)

    with sent_statements() as statements:
        for _ in range(100):
            assert await services.identity.rights.of(by) is by
    await services.identity.users.set_role(member.user.id, Role.VIEWER, None)

    assert statements == []
    assert (await services.identity.rights.of(by)).role is Role.VIEWER


async def test_work_in_the_background_waits_for_no_notice_of_a_change(
    settings: Any, database: Database, member: Person
) -> None:
    state = process_state(settings)
    state.caches.regained()
    services = wire(settings, SqlUnitOfWorkFactory(database, caches=state.caches), {}, state)
    by = replace(member.principal, session_id=NO_SESSION, means=Means.JOB)
    await services.identity.rights.of(by)

    elsewhere = SqlUnitOfWorkFactory(database)
    await UserService(elsewhere, PasswordHasher(), None).set_role(member.user.id, Role.VIEWER, None)

    assert (await services.identity.rights.of(by)).role is Role.VIEWER


async def test_a_key_in_the_background_waits_for_no_notice_of_its_end(
    settings: Any, database: Database, member: Person
) -> None:
    state = process_state(settings)
    state.caches.regained()
    services = wire(settings, SqlUnitOfWorkFactory(database, caches=state.caches), {}, state)
    program = await with_key(member, permissions=["tasks:read"])
    by = await services.identity.key_access.identify(program.token)
    in_background = replace(by, means=Means.JOB)
    for each in (by, in_background):
        assert await services.identity.rights.of(each) is each

    await ApiKeyService(SqlUnitOfWorkFactory(database)).revoke(by.session_id, None)

    with pytest.raises(AuthenticationError, match="API key was revoked"):
        await services.identity.rights.of(in_background)


async def working(
    executions: ExecutionService, kind: StepsKind, owner: Person, *steps: str, pause: str
) -> tuple[UUID, asyncio.Task[None]]:
    """An execution that waits before a step, and the task that runs it."""
    execution_id = await begin(executions, owner, *steps, pause=pause)
    task = asyncio.ensure_future(executions.run(execution_id, FIRST))
    await kind.paused.wait()
    return execution_id, task


@pytest.mark.parametrize("ends", [demote, deactivate])
async def test_no_step_is_begun_without_the_right_to(
    executions: ExecutionService,
    kind: StepsKind,
    member: Person,
    admin: Person,
    uow: SqlUnitOfWorkFactory,
    ends: Ends,
) -> None:
    execution_id, task = await working(executions, kind, member, "one", "two", pause="two")

    await ends(admin, member)
    kind.go_on.set()
    await asyncio.wait_for(task, SECONDS)

    failed = await stored(uow, execution_id)
    assert failed.status is ExecutionStatus.FAILED
    assert REASONS[ends] in (failed.error or "")
    assert kind.done == ["one"]


@pytest.mark.parametrize("ends", [demote, deactivate])
async def test_work_that_asks_for_nothing_is_ended_in_a_second_or_two(
    executions: ExecutionService,
    kind: StepsKind,
    member: Person,
    admin: Person,
    uow: SqlUnitOfWorkFactory,
    ends: Ends,
) -> None:
    execution_id, task = await working(executions, kind, member, "one", pause="one")

    await ends(admin, member)
    await asyncio.wait_for(task, SECONDS)

    failed = await stored(uow, execution_id)
    assert failed.status is ExecutionStatus.FAILED
    assert REASONS[ends] in (failed.error or "")
    assert (kind.running, kind.done) == (0, [])


async def test_a_new_role_that_may_still_do_it_counts_from_the_next_step_on(
    executions: ExecutionService,
    kind: StepsKind,
    member: Person,
    admin: Person,
    uow: SqlUnitOfWorkFactory,
) -> None:
    roles: list[Role] = []

    async def note(inputs: Any, by: Any) -> None:
        roles.append(by.role)

    kind.check = note  # type: ignore[method-assign]  # to see with which role it is asked
    execution_id, task = await working(executions, kind, member, "one", "two", pause="two")

    await demote(admin, member, "manager")
    kind.go_on.set()
    await asyncio.wait_for(task, SECONDS)

    assert (await stored(uow, execution_id)).status is ExecutionStatus.COMPLETED
    assert kind.done == ["one", "two"]
    # When it is asked for, when it begins, and when the role has changed; not at each step.
    assert roles == [Role.MEMBER, Role.MEMBER, Role.MANAGER]


@pytest.fixture
def sheets(sheets_of: Any, member: Person) -> Sheets:
    made: Sheets = sheets_of(member.principal)
    return made


async def import_tasks(
    sheets: Sheets, uow: SqlUnitOfWorkFactory, rows: int, **options: Any
) -> tuple[UUID, ExecutionService]:
    kinds = {"import": RegisteredKind(sheets.imports, ImportInputs, import_name)}
    executions = execution_service(uow, kinds, 1)
    table = [["title"], *([f"Task {number}"] for number in range(rows))]
    inputs = await sheets.inputs("tasks", table, **options)
    asked = ExecutionCreate.model_construct(kind="import", inputs=inputs, name=None)
    return made(await executions.create(asked, sheets.person)).id, executions


@pytest.mark.parametrize("ends", [demote, deactivate])
async def test_an_import_writes_no_batch_after_the_end_of_the_rights(
    sheets: Sheets, uow: SqlUnitOfWorkFactory, member: Person, admin: Person, ends: Ends
) -> None:
    execution_id, executions = await import_tasks(sheets, uow, 6_000, all_or_nothing=False)
    task = asyncio.ensure_future(executions.run(execution_id, FIRST))
    await until_written(uow, member)

    await ends(admin, member)
    at_the_end = await written_by(uow, member)
    await asyncio.wait_for(task, SECONDS)

    failed = await stored(uow, execution_id)
    assert failed.status is ExecutionStatus.FAILED
    # The batch that was being committed just then, at most.
    assert await written_by(uow, member) - at_the_end <= 1


async def written_by(uow: SqlUnitOfWorkFactory, person: Person) -> int:
    """Batches of an import."""
    query = EventQuery(type=["task.imported"], actor_id=person.user.id, limit=200)
    async with uow.reading(SYSTEM) as unit:
        return len((await unit.events.page(query)).items)


async def until_written(uow: SqlUnitOfWorkFactory, person: Person) -> None:
    async with asyncio.timeout(SECONDS):
        while not await written_by(uow, person):  # noqa: ASYNC110  # it is in the database
            await asyncio.sleep(0.01)


class DemotedRun(KeptRun):
    """Of somebody who is a member after the first step."""

    async def step(
        self, name: str, work: Callable[[], Awaitable[dict[str, Any]]]
    ) -> dict[str, Any]:
        kept = await super().step(name, work)
        self.person = replace(self.person, role=Role.MEMBER)
        return kept


async def test_rows_are_planned_with_the_role_of_the_batch(
    sheets_of: Any, manager: Person, viewer: Person
) -> None:
    """Giving tasks to others takes more than writing them."""
    sheets = sheets_of(manager.principal)
    table = [
        ["title", "assignee_id"],
        *([f"Task {number}", str(viewer.user.id)] for number in range(600)),
    ]
    inputs = await sheets.inputs("tasks", table, all_or_nothing=False)

    result = await sheets.run(inputs, DemotedRun(manager.principal))

    assert (result.created, result.failed) == (500, 100)
    assert "tasks:assign" in result.errors[0].message


async def add_tasks(uow: SqlUnitOfWorkFactory, count: int) -> None:
    rows = [make_task() for _ in range(count)]
    async with uow(SYSTEM) as unit:
        await unit.tasks.add_missing(rows)
        await unit.commit()


@pytest.mark.parametrize("ends", [deactivate, sign_out])
async def test_an_export_gives_no_page_after_the_end_of_the_rights(
    uow: SqlUnitOfWorkFactory, rights: PresentRights, viewer: Person, admin: Person, ends: Ends
) -> None:
    await add_tasks(uow, 250)
    may_read = rights.as_of_now(viewer.principal, Permission.TASKS_READ)
    pages = all_pages(TaskService(uow).page, TaskQuery(), may_read)
    assert len(await anext(pages)) == 200

    await ends(admin, viewer)

    with pytest.raises((AuthenticationError, PermissionDeniedError)):
        await anext(pages)


async def test_an_export_ends_with_the_permission(
    uow: SqlUnitOfWorkFactory,
    rights: PresentRights,
    viewer: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await add_tasks(uow, 250)
    may_read = rights.as_of_now(viewer.principal, Permission.TASKS_READ)
    pages = all_pages(TaskService(uow).page, TaskQuery(), may_read)
    await anext(pages)

    monkeypatch.setitem(ROLE_PERMISSIONS, Role.VIEWER, frozenset())

    with pytest.raises(PermissionDeniedError, match="tasks:read"):
        await anext(pages)


@pytest.mark.parametrize("ends", [deactivate, sign_out])
async def test_a_download_gives_no_piece_after_the_end_of_the_rights(
    sheets: Sheets, rights: PresentRights, member: Person, admin: Person, ends: Ends
) -> None:
    file = await sheets.upload(b"0123456789" * 100_000, "long.txt")
    pieces = await sheets.files.download(file, 0, file.size, partial(rights.of, member.principal))
    assert len(await anext(pieces)) < file.size

    await ends(admin, member)

    with pytest.raises((AuthenticationError, PermissionDeniedError)):
        await anext(pieces)


async def test_a_file_of_the_team_is_read_on_by_permission(
    sheets: Sheets,
    uow: SqlUnitOfWorkFactory,
    rights: PresentRights,
    viewer: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    task = make_task()
    async with uow(SYSTEM) as unit:
        await unit.tasks.save(task)
        await unit.commit()
    content = io.BytesIO(b"0123456789" * 100_000)
    file = made(
        await sheets.files.upload("long.txt", content, FileSubject(task_id=task.id), sheets.person)
    )
    pieces = await sheets.files.download(file, 0, file.size, partial(rights.of, viewer.principal))
    await anext(pieces)

    monkeypatch.setitem(ROLE_PERMISSIONS, Role.VIEWER, frozenset())

    with pytest.raises(NotFoundError):
        await anext(pieces)


@pytest.fixture
async def coming(
    settings: Any, uow: SqlUnitOfWorkFactory, viewer: Person
) -> AsyncIterator[tuple[NotificationWatch, Person]]:
    state = process_state(settings)
    async with state.listener.running():
        yield wire(settings, uow, {}, state).notifications.notification_watch, viewer


@pytest.mark.parametrize("ends", [deactivate, sign_out])
async def test_of_many_notifications_none_comes_after_the_end_of_the_session(
    coming: tuple[NotificationWatch, Person],
    uow: SqlUnitOfWorkFactory,
    admin: Person,
    ends: Ends,
) -> None:
    watch, viewer = coming
    rows: list[Notification] = [make_notification(user_id=viewer.user.id) for _ in range(5)]
    async with uow(SYSTEM) as unit:
        for row in rows:
            await unit.notifications.add(row)
        unit.notify(Channel.NOTIFICATIONS, str(viewer.user.id))
        await unit.commit()
    stream = watch.coming(viewer.principal, rows[0].id)
    assert (await anext(stream)).id == rows[1].id

    await ends(admin, viewer)
    # Another process: it hears of it in a moment.
    await asyncio.sleep(0.3)

    assert [each async for each in stream] == []


@pytest.mark.parametrize(("ends", "status"), [(demote, 403), (deactivate, 403), (sign_out, 401)])
async def test_rights_that_end_while_a_body_comes_are_gone(
    member: Person, admin: Person, monkeypatch: pytest.MonkeyPatch, ends: Ends, status: int
) -> None:
    monkeypatch.setattr(deps, "_FRESH_SECONDS", 0)

    async def slow_body() -> AsyncIterator[bytes]:
        yield b'{"title": "Too '
        assert (await ends(admin, member)).is_success
        yield b'late"}'

    answer = await member.post(
        "/tasks", content=slow_body(), headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == status
    assert (await admin.get("/tasks", params={"q": "late"})).json()["items"] == []
