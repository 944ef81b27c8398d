import asyncio
from typing import Any
from uuid import uuid4

import pytest

from backend.models.tasks.checklists import MAX_ITEMS
from tests.fixtures.people import Person

Task = dict[str, Any]


async def create(person: Person, *texts: str) -> Task:
    """A task with these items."""
    body = {"title": "Send the offer", "checklist": [{"text": text} for text in texts]}
    answer = await person.post("/tasks", json=body)
    assert answer.status_code == 201, answer.text
    created: Task = answer.json()
    return created


def texts(task: Task) -> list[str]:
    return [item["text"] for item in task["checklist"]]


def item_path(task: Task, place: int) -> str:
    return f"/tasks/{task['id']}/checklist/{task['checklist'][place]['id']}"


async def test_a_task_is_created_with_a_checklist(member: Person) -> None:
    items = [{"text": " Ask "}, {"text": "Write", "is_done": True}]

    created = (await member.post("/tasks", json={"title": "x", "checklist": items})).json()

    kept = [(item["text"], item["is_done"]) for item in created["checklist"]]
    assert kept == [("Ask", False), ("Write", True)]
    assert len({item["id"] for item in created["checklist"]}) == 2
    assert (await member.get(f"/tasks/{created['id']}")).json() == created


async def test_a_new_item_stands_at_the_end(member: Person) -> None:
    task = await create(member, "a", "b")

    answer = await member.post(f"/tasks/{task['id']}/checklist", json={"text": "c"})

    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/v1/tasks/{task['id']}"
    assert texts(answer.json()) == ["a", "b", "c"]
    assert answer.json()["checklist"][:2] == task["checklist"]
    assert (await member.get(f"/tasks/{task['id']}")).json() == answer.json()


async def test_an_item_is_ticked_and_written_anew(member: Person) -> None:
    task = await create(member, "a", "b", "c")

    ticked = (await member.patch(item_path(task, 1), json={"is_done": True})).json()
    assert ticked["checklist"][1] == task["checklist"][1] | {"is_done": True}
    written = (await member.patch(item_path(task, 1), json={"text": "B"})).json()
    assert written["checklist"][1] == ticked["checklist"][1] | {"text": "B"}

    assert texts(written) == ["a", "B", "c"]
    assert (await member.get(f"/tasks/{task['id']}")).json() == written


async def test_an_item_is_removed(member: Person) -> None:
    task = await create(member, "a", "b", "c")

    answer = await member.delete(item_path(task, 1))

    assert answer.status_code == 200
    assert texts(answer.json()) == ["a", "c"]
    assert (await member.get(f"/tasks/{task['id']}")).json() == answer.json()
    assert (await member.delete(item_path(task, 1))).status_code == 404


async def test_each_change_moves_the_version_of_the_task(member: Person) -> None:
    task = await create(member, "a")

    added = (await member.post(f"/tasks/{task['id']}/checklist", json={"text": "b"})).json()
    ticked = (await member.patch(item_path(task, 0), json={"is_done": True})).json()
    removed = (await member.delete(item_path(task, 0))).json()

    assert [each["version"] for each in (task, added, ticked, removed)] == [1, 2, 3, 4]
    assert added["updated_at"] > task["updated_at"]


async def test_ticking_what_is_ticked_changes_nothing(member: Person) -> None:
    task = await create(member, "a")
    ticked = (await member.patch(item_path(task, 0), json={"is_done": True})).json()

    assert (await member.patch(item_path(task, 0), json={"is_done": True})).json() == ticked


async def test_a_checklist_has_at_most_a_hundred_items(member: Person) -> None:
    task = await create(member, *(f"Step {number}" for number in range(MAX_ITEMS)))

    refused = await member.post(f"/tasks/{task['id']}/checklist", json={"text": "One more"})

    assert refused.status_code == 409
    assert (await member.get(f"/tasks/{task['id']}")).json() == task


async def test_no_task_begins_with_more_items_than_that(member: Person) -> None:
    items = [{"text": "x"}] * (MAX_ITEMS + 1)

    refused = await member.post("/tasks", json={"title": "x", "checklist": items})

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["loc"] == ["body", "checklist"]


async def test_items_added_at_once_are_all_kept(member: Person) -> None:
    task = await create(member)
    path = f"/tasks/{task['id']}/checklist"

    await asyncio.gather(*(member.post(path, json={"text": str(n)}) for n in range(10)))

    kept = (await member.get(f"/tasks/{task['id']}")).json()
    assert sorted(texts(kept)) == [str(n) for n in range(10)]


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_an_unknown_item_is_not_found(member: Person, method: str) -> None:
    task, other = await create(member, "a"), await create(member, "b")
    elsewhere = other["checklist"][0]["id"]
    body = {"text": "x"} if method == "PATCH" else None

    for item_id in (uuid4(), elsewhere):
        path = f"/tasks/{task['id']}/checklist/{item_id}"
        answer = await member.request(method, path, json=body)
        assert answer.status_code == 404
        assert str(item_id) in answer.json()["detail"]
    assert (await member.get(f"/tasks/{other['id']}")).json() == other


async def test_an_item_of_an_unknown_task_is_not_found(member: Person) -> None:
    path = f"/tasks/{uuid4()}/checklist"

    assert (await member.post(path, json={"text": "x"})).status_code == 404
    assert (await member.patch(f"{path}/{uuid4()}", json={"text": "x"})).status_code == 404
    assert (await member.delete(f"{path}/{uuid4()}")).status_code == 404


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "  "}, "text"),
        ({"text": None}, "text"),
        ({"text": "a\x00b"}, "text"),
        ({"text": "a\nb"}, "text"),
        ({"text": "x" * 201}, "text"),
        ({"is_done": None}, "is_done"),
        ({"is_done": "perhaps"}, "is_done"),
        ({"id": str(uuid4())}, "id"),
    ],
)
async def test_a_bad_item_names_the_field(member: Person, bad: dict[str, Any], field: str) -> None:
    task = await create(member, "a")

    for answer in (
        await member.post(f"/tasks/{task['id']}/checklist", json={"text": "x"} | bad),
        await member.patch(item_path(task, 0), json=bad),
    ):
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["loc"] == ["body", field]
    assert (await member.get(f"/tasks/{task['id']}")).json() == task


async def test_a_bad_item_of_a_new_task_is_named_by_its_place(member: Person) -> None:
    items = [{"text": "a"}, {"text": "b\x00"}]

    answer = await member.post("/tasks", json={"title": "x", "checklist": items})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["body", "checklist", 1, "text"]


async def test_a_checklist_is_not_replaced_with_the_task(member: Person) -> None:
    task = await create(member, "a")

    answer = await member.patch(f"/tasks/{task['id']}", json={"checklist": []})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["body", "checklist"]


async def test_a_viewer_ticks_nothing(member: Person, viewer: Person) -> None:
    task = await create(member, "a")

    assert (await viewer.patch(item_path(task, 0), json={"is_done": True})).status_code == 403
