import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from backend.core.database import Database
from backend.core.errors import PermissionDeniedError
from backend.core.permissions import Role
from backend.core.scopes import FIRST, SYSTEM
from backend.models.background.executions import ExecutionStatus
from backend.models.platform.idempotency import IdempotencyKey, made
from backend.models.platform.mixins import now
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.services.background.executions import ExecutionService
from tests.factories import make_execution
from tests.fixtures.application import make_settings, running_app
from tests.fixtures.execution_kinds import begin, steps_of, stored
from tests.fixtures.people import Person, SignedIn
from tests.fixtures.statements import sent_statements

REPORT = {"kind": "report", "inputs": {"report": "tasks_by_age"}}
MAX_ACTIVE = 10
Shown = dict[str, Any]


async def create(person: Person, **fields: Any) -> Shown:
    answer = await person.post("/executions", json=REPORT | fields)
    assert answer.status_code == 202, answer.text
    created: Shown = answer.json()
    return created


async def add(uow: SqlUnitOfWorkFactory, owner: Person, **fields: Any) -> str:
    execution = make_execution(owner_id=owner.user.id, **fields)
    async with uow(SYSTEM) as unit:
        await unit.executions.save(execution)
        await unit.commit()
    return f"/executions/{execution.id}"


async def test_an_execution_is_asked_for_and_waits_for_its_job(
    viewer: Person, database: Database
) -> None:
    answer = await viewer.post("/executions", json=REPORT)

    created = answer.json()
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/api/v1/executions/{created['id']}"
    assert (created["status"], created["name"]) == ("pending", "Unfinished tasks by age")
    async with database.engine.connect() as connection:
        jobs = await connection.execute(
            text("SELECT id, task_name, queue_name, args FROM procrastinate_jobs")
        )
    [job] = jobs.all()
    assert tuple(job) == (
        created["job_id"],
        "run_execution",
        "executions",
        {"execution_id": created["id"]},
    )


async def test_a_refused_execution_leaves_no_job(member: Person, database: Database) -> None:
    unknown = {"kind": "report", "inputs": {"report": "tasks_by_age", "person_id": str(uuid4())}}

    answer = await member.post("/executions", json=unknown)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["body", "inputs", "person_id"]
    async with database.engine.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 0


@pytest.mark.parametrize(
    ("bad", "place"),
    [
        ({"kind": "dance"}, ["kind"]),
        ({"kind": None}, ["kind"]),
        ({"kind": {"report": 1}}, ["kind"]),
        ({"inputs": None}, ["inputs"]),
        ({"inputs": {}}, ["inputs", "report"]),
        ({"inputs": {"report": "weather"}}, ["inputs", "report"]),
        ({"inputs": {"report": "tasks_by_age", "colour": 1}}, ["inputs", "colour"]),
        ({"inputs": {"report": "tasks_by_age", "person_id": "me"}}, ["inputs", "person_id"]),
        ({"name": " "}, ["name"]),
        ({"name": "a\x00b"}, ["name"]),
        ({"colour": "red"}, ["colour"]),
    ],
)
async def test_a_bad_request_names_the_field(
    member: Person, bad: dict[str, Any], place: list[str]
) -> None:
    answer = await member.post("/executions", json=REPORT | bad)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["body", *place]


async def test_an_unknown_kind_is_told_with_those_that_there_are(member: Person) -> None:
    answer = await member.post("/executions", json=REPORT | {"kind": "dance"})

    assert "report" in answer.json()["errors"][0]["msg"]


@pytest.mark.parametrize("body", [[], "report", None, 7])
async def test_what_is_no_object_is_refused(member: Person, body: Any) -> None:
    assert (await member.post("/executions", json=body)).status_code == 422


async def test_a_name_of_ones_own_is_kept(member: Person) -> None:
    assert (await create(member, name="For Monday"))["name"] == "For Monday"


async def test_a_name_that_would_be_too_long_is_cut(
    member: Person, executions: ExecutionService
) -> None:
    execution_id = await begin(executions, member, "x" * 300)

    name = (await member.get(f"/executions/{execution_id}")).json()["name"]

    assert name == "x" * 197 + "..."


async def test_a_name_is_made_of_kind_and_inputs(member: Person) -> None:
    inputs = {"report": "tasks_by_age", "created_after": "2026-06-01T00:00:00Z"}

    answer = await member.post(
        "/executions/generate-name", json={"kind": "report", "inputs": inputs}
    )

    assert answer.json() == {"name": "Unfinished tasks by age since 2026-06-01"}


@pytest.mark.parametrize(
    ("method", "rest"),
    [
        ("GET", ""),
        ("DELETE", ""),
        ("POST", "/cancel"),
        ("POST", "/retry"),
        ("GET", "/steps"),
        ("GET", "/events"),
    ],
)
async def test_an_execution_is_not_found_by_anybody_else(
    admin: Person, member: Person, uow: SqlUnitOfWorkFactory, method: str, rest: str
) -> None:
    path = await add(uow, member)

    answer = await admin.request(method, path + rest)

    assert answer.status_code == 404
    assert (await member.get(path)).json()["version"] == 1


async def test_a_list_holds_ones_own_by_kind_and_status(
    admin: Person, member: Person, uow: SqlUnitOfWorkFactory
) -> None:
    await add(uow, admin)
    cancelled = await add(uow, member)
    failed = await add(uow, member, status=ExecutionStatus.FAILED, kind="dance")

    async def found(**query: Any) -> list[str]:
        answer = await member.get("/executions", params=query)
        return [f"/executions/{each['id']}" for each in answer.json()["items"]]

    assert set(await found()) == {cancelled, failed}
    assert await found(status="failed") == [failed]
    assert await found(kind="report") == [cancelled]
    assert await found(kind="dance", status="cancelled") == []


async def test_what_is_pending_is_cancelled_at_once(
    member: Person, executions: ExecutionService
) -> None:
    created = await create(member)
    path = f"/executions/{created['id']}"

    answer = await member.post(f"{path}/cancel")
    again = await member.post(f"{path}/cancel")
    await executions.run(created["id"], FIRST)

    assert answer.json()["status"] == "cancelled"
    assert again.json() == answer.json()
    assert (await member.get(path)).json() == answer.json()


@pytest.mark.parametrize("status", [ExecutionStatus.COMPLETED, ExecutionStatus.FAILED])
async def test_what_has_ended_is_not_cancelled(
    member: Person, uow: SqlUnitOfWorkFactory, status: ExecutionStatus
) -> None:
    path = await add(uow, member, status=status)

    assert (await member.post(f"{path}/cancel")).status_code == 409


async def test_what_a_crashed_worker_has_left_is_cancelled_at_once(
    member: Person, uow: SqlUnitOfWorkFactory
) -> None:
    path = await add(uow, member, status=ExecutionStatus.RUNNING, leased_until=now())

    assert (await member.post(f"{path}/cancel")).json()["status"] == "cancelled"


@pytest.mark.parametrize("status", ["pending", "running", "completed"])
async def test_only_what_has_failed_or_was_cancelled_is_retried(
    member: Person, uow: SqlUnitOfWorkFactory, status: str
) -> None:
    path = await add(uow, member, status=ExecutionStatus(status))

    answer = await member.post(f"{path}/retry")

    assert answer.status_code == 409
    assert status in answer.json()["detail"]


async def test_a_retry_has_a_job_of_its_own(member: Person) -> None:
    created = await create(member)
    path = f"/executions/{created['id']}"
    await member.post(f"{path}/cancel")

    retried = (await member.post(f"{path}/retry")).json()

    assert retried["job_id"] > created["job_id"]
    assert (retried["status"], retried["finished_at"]) == ("pending", None)


@pytest.mark.parametrize("status", [ExecutionStatus.PENDING, ExecutionStatus.RUNNING])
async def test_only_what_has_ended_is_deleted(
    member: Person, uow: SqlUnitOfWorkFactory, status: ExecutionStatus
) -> None:
    path = await add(uow, member, status=status)

    assert (await member.delete(path)).status_code == 409
    assert (await member.get(path)).status_code == 200


async def test_steps_go_with_their_execution(member: Person, executions: ExecutionService) -> None:
    execution_id = await begin(executions, member, "one")
    await executions.run(execution_id, FIRST)
    steps = await member.get(f"/executions/{execution_id}/steps")
    assert [step["name"] for step in steps.json()["items"]] == ["one"]

    assert (await member.delete(f"/executions/{execution_id}")).status_code == 204

    assert (await member.get(f"/executions/{execution_id}/steps")).status_code == 404


async def test_a_kind_that_is_not_known_any_more_is_shown_as_it_was(
    member: Person, uow: SqlUnitOfWorkFactory
) -> None:
    inputs = {"with": ["whom"]}
    path = await add(uow, member, kind="dance", inputs=inputs, result={"steps": 3})

    shown = (await member.get(path)).json()

    assert (shown["kind"], shown["inputs"], shown["result"]) == ("dance", inputs, {"steps": 3})


async def test_nobody_has_too_many_at_once(member: Person, viewer: Person) -> None:
    answers = await asyncio.gather(
        *(member.post("/executions", json=REPORT) for _ in range(MAX_ACTIVE + 3))
    )

    refused = [answer for answer in answers if answer.status_code == 409]
    assert len(refused) == 3
    assert f"You have {MAX_ACTIVE} pending or running executions" in refused[0].json()["detail"]
    accepted = next(answer.json() for answer in answers if answer.status_code == 202)
    await create(viewer)
    await member.post(f"/executions/{accepted['id']}/cancel")
    await create(member)
    retry = await member.post(f"/executions/{accepted['id']}/retry")
    assert retry.status_code == 409


async def test_the_settings_say_how_many_are_too_many(
    member: Person, worker_database_url: str
) -> None:
    settings = make_settings(worker_database_url, executions={"max_active": 1})
    async with running_app(settings) as client:
        strict = Person(member.user, member.session, member.token, client)
        await create(strict)

        assert (await strict.post("/executions", json=REPORT)).status_code == 409


async def test_who_may_not_do_it_may_not_ask_for_it(
    executions: ExecutionService, signed_in: SignedIn, member: Person
) -> None:
    viewer = await signed_in(Role.VIEWER)
    with pytest.raises(PermissionDeniedError):
        await begin(executions, viewer, "one")


async def test_a_replay_gets_its_answer_although_there_is_no_room_by_now(
    member: Person, uow: SqlUnitOfWorkFactory
) -> None:
    headers = {"Idempotency-Key": "again"}
    first = await member.post("/executions", json=REPORT, headers=headers)
    for _ in range(MAX_ACTIVE - 1):
        await create(member)

    again = await member.post("/executions", json=REPORT, headers=headers)

    assert (again.status_code, again.content) == (202, first.content)
    assert (await stored(uow, first.json()["id"])).version == 1


async def test_what_a_request_has_made_is_answered_although_it_would_be_refused_by_now(
    executions: ExecutionService, member: Person
) -> None:
    async def ask(role: Role) -> UUID:
        key = IdempotencyKey(member.user.id, "again", "fingerprint", now() - timedelta(hours=1))
        by = replace(member.principal, role=role)
        return made(await executions.create(steps_of("one"), by, key)).id

    first = await ask(Role.MEMBER)

    with sent_statements() as sent:
        assert await ask(Role.VIEWER) == first
    # Whether the key is known is looked up outside a transaction, and claims nothing.
    assert all(each.text.startswith("SELECT") for each in sent)
    assert not any("advisory" in each.text for each in sent)
