import asyncio
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from backend.core.errors import PreconditionRequiredError
from backend.core.permissions import Role
from backend.core.scopes import SYSTEM
from backend.models.tasks.task_bulk import TaskBulk, TaskChange
from backend.models.tasks.tasks import TaskUpdate
from backend.repositories.unit_of_work import UnitOfWorkFactory
from backend.services.tasks.task_bulk import TaskBulkService
from tests.factories import make_customer, make_lead, make_module, make_task, make_user
from tests.fixtures.people import Person, SignedIn
from tests.fixtures.statements import Statement, sent_statements

Task = dict[str, Any]
REFERENCES = {
    "assignee_id": make_user,
    "customer_id": make_customer,
    "lead_id": make_lead,
    "module_id": make_module,
}


async def create(person: Person, **fields: Any) -> Task:
    answer = await person.post("/tasks", json={"title": "Send the offer"} | fields)
    assert answer.status_code == 201, answer.text
    created: Task = answer.json()
    return created


def change(task: Task, version: Any = None, **changes: Any) -> dict[str, Any]:
    return {"task_id": task["id"], "version": version, "changes": changes}


async def send(
    person: Person, *changes: dict[str, Any], all_or_nothing: bool = True
) -> httpx2.Response:
    body = {"changes": list(changes), "all_or_nothing": all_or_nothing}
    return await person.post("/tasks/bulk", json=body)


async def read(person: Person, task: Task) -> Task:
    found: Task = (await person.get(f"/tasks/{task['id']}")).json()
    return found


async def test_many_tasks_are_changed_in_the_order_that_was_sent(member: Person) -> None:
    tasks = [await create(member) for _ in range(3)]
    changes = [
        change(tasks[2], title="Third"),
        change(tasks[0], status="done"),
        change(tasks[1], due_at=None, priority="urgent"),
    ]

    answer = await send(member, *changes)

    assert answer.status_code == 200
    results = answer.json()["results"]
    assert [result["task_id"] for result in results] == [each["task_id"] for each in changes]
    third, first, second = (result["task"] for result in results)
    assert (first["status"], second["priority"], third["title"]) == ("done", "urgent", "Third")
    assert first["completed_at"] is not None
    assert [await read(member, task) for task in tasks] == [first, second, third]
    assert {result["failure"] for result in results} == {None}


async def test_each_version_moves_by_one(member: Person) -> None:
    tasks = [await create(member) for _ in range(2)]

    results = (await send(member, *(change(task, 1, title="x") for task in tasks))).json()

    assert [result["task"]["version"] for result in results["results"]] == [2, 2]


async def test_a_change_that_changes_nothing_does_not_move_the_version(member: Person) -> None:
    task = await create(member)

    (result,) = (await send(member, change(task, 1))).json()["results"]

    assert result["task"] == task


async def refused_change(kind: str, member: Person, manager: Person, task: Task) -> dict[str, Any]:
    """A change that is refused for a reason of its own."""
    match kind:
        case "unknown task":
            return {"task_id": str(uuid4()), "version": None, "changes": {"title": "x"}}
        case "stale version":
            await member.patch(f"/tasks/{task['id']}", json={"description": "Changed"})
            return change(task, task["version"], title="x")
        case "transition":
            await member.patch(f"/tasks/{task['id']}", json={"status": "done"})
            return change(task, status="cancelled", title="x")
        case "permission":
            return change(task, assignee_id=str(manager.user.id), title="x")
        case "module of somebody else":
            module = (await manager.post("/modules", json={"title": "x"})).json()["id"]
            return change(task, module_id=module, title="x")
    return change(task, **{kind: str(uuid4())}, title="x")


BODY = ["body", "changes", 1]
# What is said of each: the status and type of the failure, and its place in the errors.
REFUSED: dict[str, tuple[int, str, str, list[Any]]] = {
    "unknown task": (404, "not-found", "not-found", BODY),
    "stale version": (412, "precondition-failed", "precondition-failed", BODY),
    "transition": (409, "conflict", "conflict", BODY),
    "permission": (403, "permission-denied", "permission-denied", BODY),
    # Who may not assign does not learn who is there.
    "assignee_id": (403, "permission-denied", "permission-denied", BODY),
    **{
        field: (422, "invalid-input", "unknown_reference", [*BODY, "changes", field])
        for field in ("customer_id", "lead_id", "module_id")
    },
    "module of somebody else": (
        *(422, "invalid-input", "unknown_reference"),
        [*BODY, "changes", "module_id"],
    ),
}
each_refusal = pytest.mark.parametrize("kind", REFUSED)


@each_refusal
async def test_one_refused_change_refuses_all(member: Person, manager: Person, kind: str) -> None:
    good, bad = await create(member), await create(member)
    bad_change = await refused_change(kind, member, manager, bad)
    before = await read(member, bad)

    answer = await send(member, change(good, title="x"), bad_change)

    _, _, error_type, loc = REFUSED[kind]
    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/bulk-refused"
    (error,) = answer.json()["errors"]
    assert (error["loc"], error["type"]) == (loc, error_type)
    assert (await read(member, good), await read(member, bad)) == (good, before)


@each_refusal
async def test_the_others_are_kept_if_that_is_wanted(
    member: Person, manager: Person, kind: str
) -> None:
    good, bad = await create(member), await create(member)
    bad_change = await refused_change(kind, member, manager, bad)
    before = await read(member, bad)

    answer = await send(member, change(good, title="x"), bad_change, all_or_nothing=False)

    status, failure_type, _, _ = REFUSED[kind]
    assert answer.status_code == 200
    kept, refused = answer.json()["results"]
    assert (kept["task"]["title"], kept["failure"]) == ("x", None)
    assert (refused["task_id"], refused["task"]) == (bad_change["task_id"], None)
    assert (refused["failure"]["status"], refused["failure"]["type"]) == (
        status,
        f"/problems/{failure_type}",
    )
    assert refused["failure"]["detail"]
    assert (await read(member, good), await read(member, bad)) == (kept["task"], before)


@pytest.mark.parametrize("is_there", [True, False])
async def test_a_task_is_given_to_nobody_unknown_or_deactivated(
    manager: Person, signed_in: SignedIn, is_there: bool
) -> None:
    gone = (await signed_in(is_active=False)).user.id if is_there else uuid4()
    task = await create(manager)

    refused = await send(manager, change(task, assignee_id=str(gone)))

    assert refused.status_code == 409
    (error,) = refused.json()["errors"]
    assert error["loc"] == ["body", "changes", 0, "changes", "assignee_id"]


async def test_every_refused_change_is_named(member: Person) -> None:
    tasks = [await create(member) for _ in range(4)]
    changes = [change(task, version) for task, version in zip(tasks, (7, 1, 8, 1), strict=True)]

    errors = (await send(member, *changes)).json()["errors"]

    assert [error["loc"] for error in errors] == [["body", "changes", 0], ["body", "changes", 2]]


async def test_if_all_are_refused_nothing_is_changed(member: Person) -> None:
    task = await create(member)

    answer = await send(member, change(task, 7, title="x"), all_or_nothing=False)

    assert answer.status_code == 200
    assert await read(member, task) == task


async def test_managers_give_many_tasks_away(manager: Person, member: Person) -> None:
    tasks = [await create(manager) for _ in range(2)]
    assignee = str(member.user.id)

    answer = await send(manager, *(change(task, assignee_id=assignee) for task in tasks))

    assert {result["task"]["assignee_id"] for result in answer.json()["results"]} == {assignee}


async def test_many_tasks_are_taken_off_everything(manager: Person, uow: UnitOfWorkFactory) -> None:
    tasks = await fill(uow, manager, 2)

    answer = await send(manager, *(change(task, **dict.fromkeys(REFERENCES)) for task in tasks))

    for result in answer.json()["results"]:
        assert {result["task"][name] for name in REFERENCES} == {None}


@pytest.mark.parametrize("count", [0, 101])
async def test_none_and_more_than_a_hundred_changes_are_refused(member: Person, count: int) -> None:
    answer = await send(member, *(change({"id": str(uuid4())}) for _ in range(count)))

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["body", "changes"]


async def test_a_task_is_named_once(member: Person) -> None:
    task = await create(member)

    answer = await send(member, change(task, title="x"), change(task, title="y"))

    assert answer.status_code == 422
    assert "each task may be named once" in answer.json()["errors"][0]["msg"]
    assert await read(member, task) == task


@pytest.mark.parametrize(
    ("bad", "loc"),
    [
        ({"changes": {"title": "a\x00b"}}, ["changes", "title"]),
        ({"changes": {"title": None}}, ["changes", "title"]),
        ({"changes": {"titel": "x"}}, ["changes", "titel"]),
        ({"changes": {"version": 2}}, ["changes", "version"]),
        ({"changes": None}, ["changes"]),
        ({"version": 0}, ["version"]),
        ({"version": '"1"'}, ["version"]),
        ({"task_id": "x"}, ["task_id"]),
        ({"title": "x"}, ["title"]),
    ],
)
async def test_a_bad_change_is_named_by_its_place(
    member: Person, bad: dict[str, Any], loc: list[str]
) -> None:
    good, other = await create(member), await create(member)

    answer = await send(member, change(good, title="x"), change(other, title="x") | bad)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["body", "changes", 1, *loc]
    assert await read(member, good) == good


async def test_two_at_once_change_the_same_tasks_in_whatever_order(member: Person) -> None:
    tasks = [await create(member) for _ in range(10)]
    there = [change(task, 1, title="there") for task in tasks]
    back = [change(task, 1, title="back") for task in reversed(tasks)]

    answers = await asyncio.gather(*(send(member, *order) for order in [there, back] * 3))

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5
    assert len({(await read(member, task))["title"] for task in tasks}) == 1


async def fill(uow: UnitOfWorkFactory, owner: Person, count: int) -> list[Task]:
    """Tasks, each with references of its own, as they can be sent."""
    owned = {"owner_id": owner.user.id}
    made = {
        field: [make(**owned if field != "assignee_id" else {}) for _ in range(count)]
        for field, make in REFERENCES.items()
    }
    tasks = [make_task(**{field: rows[n].id for field, rows in made.items()}) for n in range(count)]
    async with uow(SYSTEM) as unit:
        for field, rows in made.items():
            await unit.task_references[field].add_missing(rows)
        await unit.tasks.add_missing(tasks)
        await unit.commit()
    return [task.model_dump(mode="json") for task in tasks]


@pytest.mark.parametrize("unknown", [None, *REFERENCES])
async def test_many_changes_take_as_many_reads_as_one(
    manager: Person, uow: UnitOfWorkFactory, unknown: str | None
) -> None:
    tasks = await fill(uow, manager, 100)
    others = tasks[1:] + tasks[:1]
    references = [{name: other[name] for name in REFERENCES} for other in others]
    if unknown:
        references = [fields | {unknown: str(uuid4())} for fields in references]
    changes = [
        change(task, 1, title="x", **fields) for task, fields in zip(tasks, references, strict=True)
    ]

    await manager.get("/users/me")  # From now on it is known who asks.

    with sent_statements() as for_one:
        await send(manager, changes.pop(), all_or_nothing=False)
    with sent_statements() as for_many:
        answer = await send(manager, *changes, all_or_nothing=False)

    results = answer.json()["results"]
    assert len(results) == 99
    assert {result["task"] is None for result in results} == {unknown is not None}
    assert len(reads(for_many)) == len(reads(for_one)), "\n".join(sent.text for sent in for_many)


def reads(statements: list[Statement]) -> list[Statement]:
    return [statement for statement in statements if statement.text.startswith("SELECT")]


async def test_a_viewer_changes_nothing(viewer: Person, signed_in: SignedIn) -> None:
    task = await create(await signed_in(Role.MEMBER))

    assert (await send(viewer, change(task, title="x"))).status_code == 403


async def test_where_versions_are_demanded_a_change_without_one_is_refused(
    member: Person, uow: UnitOfWorkFactory
) -> None:
    task = make_task()
    async with uow(SYSTEM) as unit:
        await unit.tasks.save(task)
        await unit.commit()
    change = TaskChange(task_id=task.id, changes=TaskUpdate(title="Changed"))
    service = TaskBulkService(uow, require_version=True)

    [outcome] = await service.change(
        TaskBulk(changes=[change], all_or_nothing=False), member.principal
    )

    assert isinstance(outcome.error, PreconditionRequiredError)
