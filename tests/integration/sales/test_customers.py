from typing import Any
from uuid import uuid4

import pytest

from tests.fixtures.people import Person, SignedIn

GRACE = {
    "name": "Grace Hopper",
    "email": "Grace@Example.com",
    "phone": "+1 202 555 0143",
    "company": "Compilers & Co.",
    "status": "active",
    "notes": "Prefers to be called before noon.",
}


async def create(person: Person, **changes: Any) -> dict[str, Any]:
    answer = await person.post("/customers", json=GRACE | changes)
    assert answer.status_code == 201
    created: dict[str, Any] = answer.json()
    return created


async def test_a_customer_is_created_read_changed_and_deleted(manager: Person) -> None:
    created = await create(manager)
    assert created.items() >= (GRACE | {"email": "grace@example.com"}).items()
    path = f"/customers/{created['id']}"
    assert (await manager.get(path)).json() == created

    changed = (await manager.patch(path, json={"status": "inactive", "phone": None})).json()
    assert (changed["status"], changed["phone"]) == ("inactive", None)
    assert changed["name"] == created["name"]
    assert changed["updated_at"] > created["updated_at"]
    assert (await manager.get(path)).json() == changed

    assert (await manager.delete(path)).status_code == 204
    assert (await manager.get(path)).status_code == 404
    assert (await manager.delete(path)).status_code == 404


async def test_only_a_name_is_needed(member: Person) -> None:
    created = (await member.post("/customers", json={"name": "Just a name"})).json()

    assert created["status"] == "prospect"
    assert created["email"] is None
    assert created["notes"] == ""


async def test_a_customer_belongs_to_who_created_it(member: Person) -> None:
    assert (await create(member))["owner_id"] == str(member.user.id)


async def test_another_owner_can_be_named(member: Person, viewer: Person) -> None:
    created = await create(member, owner_id=str(viewer.user.id))

    assert created["owner_id"] == str(viewer.user.id)


@pytest.mark.parametrize("method", ["post", "patch"])
async def test_an_unknown_owner_is_named(member: Person, method: str) -> None:
    change = {"owner_id": str(uuid4())}
    if method == "post":
        answer = await member.post("/customers", json=GRACE | change)
    else:
        answer = await member.patch(f"/customers/{(await create(member))['id']}", json=change)

    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["loc"], error["type"]) == (["body", "owner_id"], "unknown_reference")


async def test_everybody_sees_the_teams_customers(member: Person, viewer: Person) -> None:
    created = await create(member)

    counts = {"task_count": 0, "open_task_count": 0, "file_count": 0}
    assert (await viewer.get("/customers")).json()["items"] == [created | counts]


async def test_customers_are_filtered(member: Person, manager: Person) -> None:
    await create(member, status="prospect")
    wanted = await create(manager, status="active")
    await create(manager, status="inactive")

    filters = {"status": ["active", "prospect"], "owner_id": str(manager.user.id)}
    found = (await member.get("/customers", params=filters)).json()["items"]

    assert [customer["id"] for customer in found] == [wanted["id"]]


async def test_a_customer_with_tasks_can_not_be_deleted(manager: Person) -> None:
    customer = await create(manager)
    task = {"title": "Call her", "customer_id": customer["id"]}
    task_id = (await manager.post("/tasks", json=task)).json()["id"]

    refused = await manager.delete(f"/customers/{customer['id']}")

    assert refused.status_code == 409
    assert "Tasks still refer to this customer" in refused.json()["detail"]
    await manager.delete(f"/tasks/{task_id}")
    assert (await manager.delete(f"/customers/{customer['id']}")).status_code == 204


async def test_an_empty_change_changes_nothing(member: Person) -> None:
    created = await create(member)

    assert (await member.patch(f"/customers/{created['id']}", json={})).json() == created


@pytest.mark.parametrize("method", ["post", "patch"])
async def test_a_deactivated_user_owns_nothing_new(
    member: Person, signed_in: SignedIn, method: str
) -> None:
    gone = await signed_in(is_active=False)
    change = {"owner_id": str(gone.user.id)}
    if method == "post":
        answer = await member.post("/customers", json=GRACE | change)
    else:
        answer = await member.patch(f"/customers/{(await create(member))['id']}", json=change)

    assert answer.status_code == 422
    assert "deactivated" in answer.json()["errors"][0]["msg"]
