import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from backend.models.platform.mixins import now
from tests.fixtures.people import Person


async def create(person: Person, **fields: Any) -> dict[str, Any]:
    answer = await person.post("/tasks", json={"title": "Send the offer"} | fields)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


def days(number: float) -> str:
    return (now() + timedelta(days=number)).isoformat()


async def test_a_task_is_created_read_changed_and_deleted(manager: Person) -> None:
    created = await create(manager, title="  Send the offer ")
    assert created["title"] == "Send the offer"
    assert (created["status"], created["priority"]) == ("open", "normal")
    path = f"/tasks/{created['id']}"
    assert (await manager.get(path)).json() == created

    changed = (await manager.patch(path, json={"priority": "urgent"})).json()
    assert changed["priority"] == "urgent"
    assert (await manager.get(path)).json() == changed

    assert (await manager.delete(path)).status_code == 204
    assert (await manager.get(path)).status_code == 404


async def test_the_location_leads_to_the_task(member: Person) -> None:
    answer = await member.post("/tasks", json={"title": "x"})

    assert answer.headers["Location"] == f"/api/v1/tasks/{answer.json()['id']}"


async def test_a_due_date_is_answered_in_utc(member: Person) -> None:
    created = await create(member, due_at="2026-06-05T17:00:00+02:00")

    assert created["due_at"] == "2026-06-05T15:00:00Z"


async def test_a_task_goes_through_its_states(member: Person) -> None:
    path = f"/tasks/{(await create(member))['id']}"

    started = await member.patch(path, json={"status": "in_progress"})
    assert started.json()["status"] == "in_progress"
    done = (await member.post(f"{path}/complete")).json()
    assert done["status"] == "done"
    assert datetime.fromisoformat(done["completed_at"]) <= now()
    reopened = (await member.post(f"{path}/reopen")).json()
    assert (reopened["status"], reopened["completed_at"]) == ("open", None)


@pytest.mark.parametrize("action", ["complete", "reopen"])
async def test_an_action_on_an_unknown_task_is_not_found(member: Person, action: str) -> None:
    assert (await member.post(f"/tasks/{uuid4()}/{action}")).status_code == 404


async def test_completing_twice_is_a_conflict(member: Person) -> None:
    path = f"/tasks/{(await create(member))['id']}/complete"
    await member.post(path)

    answer = await member.post(path)

    assert answer.status_code == 409
    assert answer.json()["detail"] == "The task is done already."


async def test_of_many_who_complete_a_task_at_once_one_does(member: Person) -> None:
    path = f"/tasks/{(await create(member))['id']}/complete"

    answers = await asyncio.gather(*(member.post(path) for _ in range(6)))

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5


async def test_a_transition_that_is_not_allowed_is_a_conflict(member: Person) -> None:
    path = f"/tasks/{(await create(member, status='done'))['id']}"

    answer = await member.patch(path, json={"status": "cancelled"})

    assert answer.status_code == 409
    assert "done can't become cancelled" in answer.json()["detail"]


async def test_managers_assign_tasks(manager: Person, member: Person) -> None:
    path = f"/tasks/{(await create(member))['id']}/assign"

    given = await manager.post(path, json={"assignee_id": str(member.user.id)})
    assert given.json()["assignee_id"] == str(member.user.id)
    taken = await manager.post(path, json={"assignee_id": None})
    assert taken.json()["assignee_id"] is None


async def test_members_take_tasks_but_give_none_away(member: Person, manager: Person) -> None:
    path = f"/tasks/{(await create(member))['id']}"
    mine = {"assignee_id": str(member.user.id)}
    theirs = {"assignee_id": str(manager.user.id)}

    assert (await member.post(f"{path}/assign", json=theirs)).status_code == 403
    assert (await member.patch(path, json=theirs)).status_code == 403
    assert (await member.post("/tasks", json={"title": "x"} | theirs)).status_code == 403
    assert (await member.patch(path, json=mine)).json()["assignee_id"] == str(member.user.id)


@pytest.mark.parametrize("field", ["assignee_id", "customer_id"])
async def test_an_unknown_reference_is_named(manager: Person, field: str) -> None:
    unknown = {field: str(uuid4())}
    path = f"/tasks/{(await create(manager))['id']}"

    for answer in (
        await manager.post("/tasks", json={"title": "x"} | unknown),
        await manager.patch(path, json=unknown),
    ):
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["loc"] == ["body", field]


async def titles(person: Person, **filters: Any) -> set[str]:
    answer = await person.get("/tasks", params=filters)
    assert answer.status_code == 200, answer.text
    return {task["title"] for task in answer.json()["items"]}


async def test_tasks_are_filtered_by_status_and_priority(member: Person) -> None:
    await create(member, title="a", status="open", priority="low")
    await create(member, title="b", status="in_progress", priority="high")
    await create(member, title="c", status="done", priority="high")

    assert await titles(member, status="open") == {"a"}
    assert await titles(member, status=["open", "in_progress"]) == {"a", "b"}
    assert await titles(member, priority="high") == {"b", "c"}
    assert await titles(member, priority="high", status="done") == {"c"}


async def test_tasks_are_filtered_by_assignee_and_customer(member: Person) -> None:
    customer = (await member.post("/customers", json={"name": "Grace"})).json()["id"]
    await create(member, title="mine", assignee_id=str(member.user.id))
    await create(member, title="hers", customer_id=customer)

    assert await titles(member, assignee_id=str(member.user.id)) == {"mine"}
    assert await titles(member, customer_id=customer) == {"hers"}


async def test_overdue_tasks_are_unfinished_and_late(member: Person) -> None:
    await create(member, title="late", due_at=days(-1))
    await create(member, title="late but done", due_at=days(-1), status="done")
    await create(member, title="in time", due_at=days(1))
    await create(member, title="whenever")

    assert await titles(member, overdue=True) == {"late"}
    assert await titles(member, overdue=False) == {"late but done", "in time", "whenever"}


async def test_tasks_are_filtered_by_due_date(member: Person) -> None:
    await create(member, title="first", due_at="2026-01-01T00:00:00Z")
    await create(member, title="second", due_at="2026-02-01T00:00:00Z")
    await create(member, title="whenever")

    assert await titles(member, due_before="2026-02-01T00:00:00Z") == {"first"}
    assert await titles(member, due_after="2026-02-01T00:00:00Z") == {"second"}
