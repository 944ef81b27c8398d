"""What an API key has started runs with the rights of that key, as they are then."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from backend.core.database import Database
from backend.core.permissions import Means, Role
from backend.core.scopes import FIRST, SYSTEM
from backend.models.background.executions import ExecutionStatus
from backend.models.platform.idempotency import made
from backend.models.platform.job_requests import Queue
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.services.background.attempts import LEASE
from backend.services.background.executions import ExecutionService
from backend.services.identity.key_access import ApiKeyAccess
from tests.factories import make_execution, make_task
from tests.fixtures.execution_kinds import StepsKind, asking_each_time, steps_of, stored
from tests.fixtures.jobs import Jobs
from tests.fixtures.people import Person, SignedIn, with_key
from tests.integration.identity.test_api_keys import execute, key_of

REPORT = {"kind": "report", "inputs": {"report": "tasks_by_age"}}
EXPORT = {"kind": "export", "inputs": {"resource": "tasks"}}
GONE = "The API key was revoked or has expired."
LACKS = "The permission tasks:write is needed; this API key does not have it."
TOOL_LACKS = "The tool create_task needs the permission tasks:write; this API key does not have it."
LOST = "The permission tasks:write is needed; the role viewer does not have it."
DEACTIVATED = "The account is deactivated."


@dataclass(frozen=True)
class Scene:
    admin: Person
    member: Person
    uow: SqlUnitOfWorkFactory
    database: Database
    executions: ExecutionService
    kind: StepsKind

    async def begin(self, program: Person, *steps: str, **inputs: Any) -> UUID:
        """Start an execution of the kind `steps` with a key; answers its id."""
        by = await ApiKeyAccess(self.uow, asking_each_time(self.uow)).identify(program.token)
        return made(await self.executions.create(steps_of(*steps, **inputs), by)).id

    async def outcome(self, execution_id: UUID) -> tuple[ExecutionStatus, str | None]:
        execution = await stored(self.uow, execution_id)
        return execution.status, execution.error


@pytest.fixture
def scene(
    admin: Person,
    member: Person,
    uow: SqlUnitOfWorkFactory,
    database: Database,
    executions: ExecutionService,
    kind: StepsKind,
) -> Scene:
    return Scene(admin, member, uow, database, executions, kind)


async def revoke(scene: Scene, program: Person) -> None:
    key = await key_of(scene.database, program)
    assert (await scene.member.delete(f"/api-keys/{key.id}")).is_success


async def expire(scene: Scene, _: Person) -> None:
    await execute(scene.database, "UPDATE api_keys SET expires_at = now()")


async def remove(scene: Scene, _: Person) -> None:
    await execute(scene.database, "DELETE FROM api_keys")


async def narrow(scene: Scene, _: Person) -> None:
    await execute(scene.database, """UPDATE api_keys SET permissions = '["leads:read"]'""")


async def demote(scene: Scene, _: Person) -> None:
    path = f"/users/{scene.member.user.id}/role"
    assert (await scene.admin.put(path, json={"role": "viewer"})).is_success


async def deactivate(scene: Scene, _: Person) -> None:
    assert (await scene.admin.post(f"/users/{scene.member.user.id}/deactivate")).is_success


End = Callable[[Scene, Person], Awaitable[None]]
ENDS: dict[End, str] = {
    revoke: GONE,
    expire: GONE,
    remove: GONE,
    narrow: LACKS,
    demote: LOST,
    deactivate: DEACTIVATED,
}
ends = pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
permissions = pytest.mark.parametrize("permissions", [["tasks:write"], None], ids=["narrow", "all"])


async def finished(person: Person, jobs: Jobs, body: dict[str, Any]) -> dict[str, Any]:
    asked = await person.post("/executions", json=body)
    assert asked.status_code == 202, asked.text
    await jobs.drain(Queue.EXECUTIONS)
    ended: dict[str, Any] = (await person.get(f"/executions/{asked.json()['id']}")).json()
    return ended


async def ids_of(person: Person) -> set[str]:
    items = (await person.get("/executions")).json()["items"]
    return {each["id"] for each in items}


async def test_a_narrowed_key_starts_what_it_may_do(
    viewer: Person, admin: Person, database: Database, jobs: Jobs
) -> None:
    program = await with_key(viewer, permissions=["tasks:read"])
    key_id = str((await key_of(database, program)).id)

    done = await finished(program, jobs, REPORT)

    assert (done["status"], done["key_id"]) == ("completed", key_id)
    trail = (await admin.get("/audit", params={"key_id": key_id})).json()["items"]
    assert {(each["type"], each["means"]) for each in trail} >= {
        ("execution.requested", Means.API_KEY),
        ("execution.finished", Means.JOB),
    }


@pytest.mark.parametrize(
    ("had", "body"),
    [
        (["leads:read"], REPORT),
        (["tasks:read"], EXPORT),
        (["files:read"], EXPORT),
        (["workflows:read"], {"kind": "crew", "inputs": {"definition": {}}}),
    ],
)
async def test_a_narrowed_key_starts_nothing_else(
    admin: Person, had: list[str], body: dict[str, Any]
) -> None:
    program = await with_key(admin, permissions=had)

    refused = await program.post("/executions", json=body)

    assert refused.status_code in {403, 422}, refused.text
    assert (await admin.get("/executions")).json()["items"] == []


async def test_an_export_is_fetched_with_the_key_that_has_started_it(
    viewer: Person, jobs: Jobs
) -> None:
    program = await with_key(viewer, permissions=["tasks:read", "files:read"])

    done = await finished(program, jobs, EXPORT)

    assert done["status"] == "completed", done["error"]
    content = await program.get(f"/files/{done['result']['file_id']}/content")
    assert content.status_code == 200


async def test_an_import_needs_the_right_to_read_the_file(member: Person, jobs: Jobs) -> None:
    sent = {"file": ("tasks.csv", b"title\nCall\n", "text/csv")}
    file_id = (await member.post("/files", files=sent)).json()["id"]
    body = {"kind": "import", "inputs": {"resource": "tasks", "file_id": file_id}}
    writer = await with_key(member, permissions=["tasks:write"])
    both = await with_key(member, permissions=["tasks:write", "files:read"])

    refused = await writer.post("/executions", json=body)
    done = await finished(both, jobs, body)

    assert "files:read" in refused.json()["detail"]
    assert (done["status"], done["result"]["created"]) == ("completed", 1)


@ends
@permissions
async def test_rights_that_are_lost_before_the_run_end_it(
    scene: Scene, permissions: list[str] | None, end: End
) -> None:
    program = await with_key(scene.member, permissions=permissions)
    execution_id = await scene.begin(program, "one")

    await end(scene, program)
    await scene.executions.run(execution_id, FIRST)

    assert await scene.outcome(execution_id) == (ExecutionStatus.FAILED, ENDS[end])
    assert scene.kind.done == []


@ends
@pytest.mark.parametrize("goes_on", [True, False])
async def test_rights_that_are_lost_meanwhile_end_it_within_moments(
    scene: Scene, end: End, *, goes_on: bool
) -> None:
    """Before the next step, or, if none comes, in a second."""
    program = await with_key(scene.member, permissions=["tasks:write"])
    execution_id = await scene.begin(program, "one", "two", pause="two")
    task = asyncio.ensure_future(scene.executions.run(execution_id, FIRST))
    await scene.kind.paused.wait()

    await end(scene, program)
    if goes_on:
        scene.kind.go_on.set()
    # Long before it would give up what it can't look up.
    await asyncio.wait_for(task, LEASE.total_seconds() / 2)

    assert await scene.outcome(execution_id) == (ExecutionStatus.FAILED, ENDS[end])
    assert scene.kind.done == ["one"]


@permissions
async def test_a_key_works_as_long_as_it_may(scene: Scene, permissions: list[str] | None) -> None:
    program = await with_key(scene.member, permissions=permissions)
    execution_id = await scene.begin(program, "one")

    await scene.executions.run(execution_id, FIRST)

    assert await scene.outcome(execution_id) == (ExecutionStatus.COMPLETED, None)
    assert scene.kind.by is not None
    assert scene.kind.by.key_rights is not None
    assert scene.kind.by.key_rights.is_narrowed is (permissions is not None)


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
async def test_a_narrowed_key_finds_only_what_it_has_started(
    admin: Person, method: str, rest: str
) -> None:
    one, other = [await with_key(admin, permissions=["tasks:read"]) for _ in range(2)]
    whole = await with_key(admin)
    in_person, its_own = [
        (await who.post("/executions", json=REPORT)).json()["id"] for who in (admin, one)
    ]

    for execution_id in (in_person, its_own):
        answer = await other.request(method, f"/executions/{execution_id}{rest}")
        assert answer.status_code == 404
    assert await ids_of(other) == set()
    assert await ids_of(one) == {its_own}
    assert await ids_of(whole) == await ids_of(admin) == {in_person, its_own}


async def test_whoever_retries_acts_with_their_own_rights(scene: Scene, jobs: Jobs) -> None:
    member = scene.member
    program = await with_key(member, permissions=["tasks:read"])
    asked = (await program.post("/executions", json=REPORT)).json()
    await revoke(scene, program)
    await jobs.drain(Queue.EXECUTIONS)
    path = f"/executions/{asked['id']}"
    assert (await member.get(path)).json()["error"] == GONE

    retried = await member.post(f"{path}/retry")
    await jobs.drain(Queue.EXECUTIONS)

    assert retried.json()["key_id"] is None
    assert (await member.get(path)).json()["status"] == "completed"


async def test_what_a_person_has_started_is_retried_by_a_key_with_its_rights(
    scene: Scene, jobs: Jobs
) -> None:
    member = scene.member
    program = await with_key(member)
    execution = make_execution(
        owner_id=member.user.id, status=ExecutionStatus.FAILED, inputs=REPORT["inputs"]
    )
    async with scene.uow(SYSTEM) as unit:
        await unit.executions.save(execution)
        await unit.commit()
    path = f"/executions/{execution.id}"

    retried = await program.post(f"{path}/retry")
    await narrow(scene, program)
    await jobs.drain(Queue.EXECUTIONS)

    assert retried.status_code == 202, retried.text
    assert "this API key does not have it" in (await member.get(path)).json()["error"]


async def test_an_export_of_an_account_is_retried_in_person_alone(
    admin: Person, member: Person
) -> None:
    asked = (await member.post("/users/me/export")).json()
    path = f"/executions/{asked['id']}"
    await member.post(f"{path}/cancel")
    body = {"reason": "To look", "minutes": 30}
    token = await admin.post(f"/users/{member.user.id}/impersonate", json=body)
    acting = Person(member.user, member.session, token.json()["access_token"], member.client)

    for somebody in (acting, await with_key(member)):
        assert (await somebody.post(f"{path}/retry")).status_code == 403
    assert (await member.post(f"{path}/retry")).status_code == 202


async def test_a_tool_that_the_key_may_not_use_is_refused_at_the_start(
    member: Person, tools: None
) -> None:
    program = await with_key(member, permissions=["assistant:use", "tasks:read"])

    refused = await program.post("/executions", json=flow_of("create_task"))

    assert (refused.status_code, refused.json()["detail"]) == (403, TOOL_LACKS)


async def test_a_step_that_the_key_may_not_do_any_more_is_refused(
    member: Person, admin: Person, tools: None, database: Database, jobs: Jobs
) -> None:
    program = await with_key(member, permissions=["assistant:use", "tasks:write"])
    asked = await program.post("/executions", json=flow_of("create_task"))
    assert asked.status_code == 202, asked.text

    await execute(
        database, """UPDATE api_keys SET permissions = '["assistant:use", "tasks:read"]'"""
    )
    await jobs.drain(Queue.EXECUTIONS)

    failed = (await program.get(f"/executions/{asked.json()['id']}")).json()
    assert (failed["status"], failed["error"]) == ("failed", TOOL_LACKS)
    assert (await admin.get("/tasks")).json()["items"] == []


async def test_what_a_step_does_is_done_with_the_key(
    member: Person, admin: Person, tools: None, database: Database, jobs: Jobs
) -> None:
    program = await with_key(member, permissions=["assistant:use", "tasks:write"])
    key = await key_of(database, program)

    done = await finished(program, jobs, flow_of("create_task"))

    assert done["status"] == "completed", done["error"]
    trail = await admin.get("/audit", params={"key_id": str(key.id), "type": "task.created"})
    assert [each["means"] for each in trail.json()["items"]] == ["agent"]


def flow_of(tool: str) -> dict[str, Any]:
    node = {"name": "one", "kind": "tool", "tool": tool, "arguments": {"title": "Call"}}
    return {"kind": "flow", "inputs": {"definition": {"nodes": [node], "edges": []}}}


async def test_a_service_starts_what_its_key_may(
    admin: Person, signed_in: SignedIn, uow: SqlUnitOfWorkFactory, jobs: Jobs
) -> None:
    maker = await signed_in(Role.ADMIN)
    async with uow(SYSTEM) as unit:
        await unit.tasks.save(make_task())
        await unit.commit()
    program = await with_key(maker, role="viewer", permissions=["tasks:read"])
    await admin.post(f"/users/{maker.user.id}/deactivate")

    done = await finished(program, jobs, REPORT)

    assert (done["status"], done["result"]["count"]) == ("completed", 1)
