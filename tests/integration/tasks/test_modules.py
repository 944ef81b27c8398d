import asyncio
from typing import Any
from uuid import uuid4

import pytest

from backend.core.scopes import SYSTEM
from backend.models.tasks.modules import MAX_MODULES
from backend.repositories.unit_of_work import UnitOfWorkFactory
from tests.factories import make_module
from tests.fixtures.people import Person

Module = dict[str, Any]


async def create(person: Person, title: str = "Spring campaign") -> Module:
    answer = await person.post("/modules", json={"title": title})
    assert answer.status_code == 201, answer.text
    created: Module = answer.json()
    return created


async def titles(person: Person, **parameters: Any) -> list[str]:
    answer = await person.get("/modules", params=parameters)
    assert answer.status_code == 200, answer.text
    return [module["title"] for module in answer.json()["items"]]


def ids(*modules: Module) -> dict[str, list[str]]:
    return {"module_ids": [module["id"] for module in modules]}


@pytest.fixture
async def three(viewer: Person) -> list[Module]:
    """Modules of the viewer: a, b and c."""
    return [await create(viewer, title) for title in "abc"]


async def test_a_module_is_created_read_changed_and_deleted(viewer: Person) -> None:
    created = await create(viewer)
    assert created["owner_id"] == str(viewer.user.id)
    path = f"/modules/{created['id']}"
    assert (await viewer.get(path)).json() == created

    changed = (await viewer.patch(path, json={"title": "Summer campaign"})).json()
    assert (changed["title"], changed["position"]) == ("Summer campaign", 1)
    assert (await viewer.get(path)).json() == changed

    assert (await viewer.delete(path)).status_code == 204
    assert (await viewer.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "a\x00b"}, "title"),
        ({"title": None}, "title"),
        ({"description": None}, "description"),
        ({"description": "\x00"}, "description"),
        ({"position": 7}, "position"),
        ({"owner_id": str(uuid4())}, "owner_id"),
    ],
)
async def test_a_bad_module_names_the_field(
    viewer: Person, bad: dict[str, Any], field: str
) -> None:
    path = f"/modules/{(await create(viewer))['id']}"

    for answer in (
        await viewer.post("/modules", json={"title": "x"} | bad),
        await viewer.patch(path, json=bad),
    ):
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["loc"] == ["body", field]


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
async def test_a_module_is_not_found_by_anybody_else(
    admin: Person, member: Person, method: str
) -> None:
    path = f"/modules/{(await create(member))['id']}"
    options = {"json": {"title": "Mine"}} if method == "patch" else {}

    answer = await admin.request(method.upper(), path, **options)

    assert answer.status_code == 404
    assert await titles(member) == ["Spring campaign"]


async def test_nobody_else_lists_a_module(admin: Person, member: Person) -> None:
    await create(member, "theirs")
    await create(admin, "mine")

    assert await titles(admin) == ["mine"]


async def test_a_new_module_stands_behind_the_others(viewer: Person, member: Person) -> None:
    await create(member)

    created = [await create(viewer) for _ in range(3)]

    assert [module["position"] for module in created] == [1, 2, 3]


async def test_a_new_module_stands_behind_the_last_whatever_is_missing(
    viewer: Person, three: list[Module]
) -> None:
    await viewer.delete(f"/modules/{three[0]['id']}")

    assert (await create(viewer))["position"] == 4


async def test_modules_created_at_once_get_positions_of_their_own(viewer: Person) -> None:
    created = await asyncio.gather(*(create(viewer) for _ in range(10)))

    assert sorted(module["position"] for module in created) == list(range(1, 11))


async def test_modules_are_listed_in_either_order(viewer: Person, three: list[Module]) -> None:
    assert await titles(viewer) == ["a", "b", "c"]
    assert await titles(viewer, sort="-position") == ["c", "b", "a"]


async def test_nobody_has_more_modules_than_can_be_ordered_at_once(
    viewer: Person, uow: UnitOfWorkFactory
) -> None:
    rows = [make_module(owner_id=viewer.user.id) for _ in range(MAX_MODULES - 1)]
    async with uow(SYSTEM) as unit:
        await unit.modules.add_missing(rows)
        await unit.commit()
    last = await create(viewer)

    refused = await viewer.post("/modules", json={"title": "One more"})

    assert refused.status_code == 409
    assert str(MAX_MODULES) in refused.json()["detail"]
    everything = {"module_ids": [last["id"], *(str(row.id) for row in rows)]}
    assert (await viewer.post("/modules/reorder", json=everything)).status_code == 200
    await viewer.delete(f"/modules/{last['id']}")
    await create(viewer)


async def test_modules_are_reordered(viewer: Person, three: list[Module]) -> None:
    a, b, c = three

    answer = await viewer.post("/modules/reorder", json=ids(c, a, b))

    assert answer.status_code == 200
    assert [module["title"] for module in answer.json()["items"]] == ["c", "a", "b"]
    assert [module["position"] for module in answer.json()["items"]] == [1, 2, 3]
    assert (await viewer.get("/modules")).json()["items"] == answer.json()["items"]


async def test_only_what_has_moved_gets_a_new_version(viewer: Person, three: list[Module]) -> None:
    a, b, c = three

    items = (await viewer.post("/modules/reorder", json=ids(b, a, c))).json()["items"]

    versions = {module["title"]: module["version"] for module in items}
    assert versions == {"a": 2, "b": 2, "c": 1}
    assert items[2] == c


async def test_the_present_order_changes_nothing(viewer: Person, three: list[Module]) -> None:
    assert (await viewer.post("/modules/reorder", json=ids(*three))).json()["items"] == three


async def test_an_order_names_each_module_once(viewer: Person, three: list[Module]) -> None:
    a, b, c = three
    unknown = {"id": str(uuid4())}

    for order in ((a, b), (a, b, b), (a, b, c, c), (a, b, unknown), (a, b, c, unknown), ()):
        refused = await viewer.post("/modules/reorder", json=ids(*order))

        assert refused.status_code == 422
        assert refused.json()["errors"][0]["loc"] == ["body", "module_ids"]
    assert (await viewer.get("/modules")).json()["items"] == three


async def test_nobody_reorders_the_modules_of_somebody_else(
    viewer: Person, admin: Person, three: list[Module]
) -> None:
    mine = await create(admin)

    for order in (three, [mine, *three]):
        refused = await admin.post("/modules/reorder", json=ids(*order))

        assert refused.status_code == 422
    assert (await viewer.get("/modules")).json()["items"] == three


async def test_orders_and_additions_at_once_leave_one_order(
    viewer: Person, three: list[Module]
) -> None:
    orders = [ids(*three), ids(*three[::-1])] * 3
    requests = [viewer.post("/modules/reorder", json=order) for order in orders]
    requests.insert(2, viewer.post("/modules", json={"title": "d"}))

    answers = await asyncio.gather(*requests)

    # Who comes after the addition has not named all.
    assert {answer.status_code for answer in answers} <= {200, 201, 422}
    items = (await viewer.get("/modules")).json()["items"]
    assert [module["position"] for module in items] == [1, 2, 3, 4]


async def test_the_tasks_of_a_deleted_module_stay(member: Person) -> None:
    module = (await create(member))["id"]
    body = {"title": "Call her", "module_id": module}
    task = (await member.post("/tasks", json=body)).json()
    other = (await member.post("/tasks", json={"title": "Call him"})).json()

    await member.delete(f"/modules/{module}")

    left = (await member.get(f"/tasks/{task['id']}")).json()
    assert (left["module_id"], left["version"]) == (None, task["version"] + 1)
    assert left["updated_at"] > task["updated_at"]
    assert (await member.get(f"/tasks/{other['id']}")).json() == other


async def test_a_task_is_put_into_a_module_and_found_there(member: Person) -> None:
    module = (await create(member))["id"]
    task = (await member.post("/tasks", json={"title": "x"})).json()["id"]

    changed = await member.patch(f"/tasks/{task}", json={"module_id": module})

    assert changed.json()["module_id"] == module
    found = (await member.get("/tasks", params={"module_id": module})).json()["items"]
    assert [each["id"] for each in found] == [task]


@pytest.mark.parametrize("is_there", [True, False])
async def test_a_module_of_somebody_else_is_as_unknown_as_none(
    admin: Person, member: Person, is_there: bool
) -> None:
    module = (await create(member))["id"] if is_there else str(uuid4())
    task = (await admin.post("/tasks", json={"title": "x"})).json()["id"]

    for answer in (
        await admin.post("/tasks", json={"title": "x", "module_id": module}),
        await admin.patch(f"/tasks/{task}", json={"module_id": module}),
    ):
        assert answer.status_code == 422
        (error,) = answer.json()["errors"]
        assert (error["loc"], error["type"]) == (["body", "module_id"], "unknown_reference")


async def test_a_task_in_the_module_of_somebody_else_can_be_changed(
    admin: Person, member: Person
) -> None:
    body = {"title": "x", "module_id": (await create(member))["id"]}
    path = f"/tasks/{(await member.post('/tasks', json=body)).json()['id']}"

    changed = await admin.patch(path, json=body | {"title": "y"})

    assert changed.status_code == 200
    assert (await admin.patch(path, json={"module_id": None})).json()["module_id"] is None
