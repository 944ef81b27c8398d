import asyncio
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import text

from backend.core.database import Database
from backend.core.scopes import SYSTEM
from backend.repositories.unit_of_work import UnitOfWorkFactory
from tests.factories import make_product
from tests.fixtures.people import Person
from tests.fixtures.processes import wait_for_waiting

UNKNOWN = "01976d5e-8f60-7c3a-9b52-5d1f0a6c7eff"
KATHERINE = {
    "name": "Katherine Johnson",
    "company": "Trajectory Ltd.",
    "email": "katherine@example.com",
    "phone": "+1 757 555 0150",
    "source": "website",
    "status": "contacted",
    "notes": "Asked for a trial.",
    "estimated_value": {"amount": "4800.00", "currency": "EUR"},
}
CANCEL_WHO_WAITS = text(
    "SELECT pg_cancel_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
UNFINISHED = ["open", "in_progress"]
FINISHED = ["done", "cancelled"]


async def create(person: Person, **changes: Any) -> dict[str, Any]:
    answer = await person.post("/leads", json=KATHERINE | changes)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


async def create_task(person: Person, lead: dict[str, Any], **fields: Any) -> str:
    body = {"title": "Call her", "lead_id": lead["id"]} | fields
    answer = await person.post("/tasks", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def convert(person: Person, lead: dict[str, Any]) -> httpx2.Response:
    return await person.post(f"/leads/{lead['id']}/convert")


async def names(person: Person, **filters: Any) -> set[str]:
    answer = await person.get("/leads", params=filters)
    assert answer.status_code == 200, answer.text
    return {lead["name"] for lead in answer.json()["items"]}


@pytest.fixture
async def products(uow: UnitOfWorkFactory) -> list[str]:
    """Ids of three products, in their order."""
    rows = [make_product() for _ in range(3)]
    async with uow(SYSTEM) as unit:
        await unit.products.add_missing(rows)
        await unit.commit()
    return sorted(str(row.id) for row in rows)


async def test_a_lead_is_created_read_changed_and_deleted(manager: Person) -> None:
    created = await create(manager)
    assert created.items() >= KATHERINE.items()
    assert (created["customer_id"], created["converted_at"]) == (None, None)
    path = f"/leads/{created['id']}"
    assert (await manager.get(path)).json() == created

    changed = (await manager.patch(path, json={"source": "fair", "phone": None})).json()
    assert (changed["source"], changed["phone"]) == ("fair", None)
    assert changed["updated_at"] > created["updated_at"]
    assert (await manager.get(path)).json() == changed

    assert (await manager.delete(path)).status_code == 204
    assert (await manager.get(path)).status_code == 404


async def test_only_a_name_is_needed(member: Person) -> None:
    created = (await member.post("/leads", json={"name": "Just a name"})).json()

    assert created["status"] == "new"
    assert created["owner_id"] == str(member.user.id)
    assert (created["estimated_value"], created["product_ids"]) == (None, [])


async def test_another_owner_can_be_named(member: Person, viewer: Person) -> None:
    assert (await create(member, owner_id=str(viewer.user.id)))["owner_id"] == str(viewer.user.id)


@pytest.mark.parametrize(("field", "value"), [("owner_id", UNKNOWN), ("product_ids", [UNKNOWN])])
async def test_an_unknown_reference_is_named(member: Person, field: str, value: Any) -> None:
    path = f"/leads/{(await create(member))['id']}"

    for answer in (
        await member.post("/leads", json=KATHERINE | {field: value}),
        await member.patch(path, json={field: value}),
    ):
        assert answer.status_code == 422
        (error,) = answer.json()["errors"]
        assert (error["loc"], error["type"]) == (["body", field], "unknown_reference")


async def test_a_value_can_be_changed_and_taken_away(member: Person) -> None:
    path = f"/leads/{(await create(member))['id']}"

    value = {"amount": "500", "currency": "JPY"}
    changed = await member.patch(path, json={"estimated_value": value})
    assert changed.json()["estimated_value"] == value
    taken = await member.patch(path, json={"estimated_value": None})
    assert taken.json()["estimated_value"] is None


async def test_leads_are_filtered(member: Person, manager: Person, products: list[str]) -> None:
    await create(member, name="a", status="new", product_ids=products[:1])
    await create(member, name="b", status="contacted", source="fair")
    await create(manager, name="c", status="lost", product_ids=products)

    assert await names(member, status=["new", "lost"]) == {"a", "c"}
    assert await names(member, source="fair") == {"b"}
    assert await names(member, owner_id=str(manager.user.id)) == {"c"}
    assert await names(member, product_id=products[0]) == {"a", "c"}
    assert await names(member, product_id=products[0], status="new") == {"a"}


async def test_leads_are_filtered_by_what_they_became(member: Person) -> None:
    await create(member, name="a")
    customer = (await convert(member, await create(member, name="b"))).json()["id"]

    assert await names(member, customer_id=customer) == {"b"}


async def test_a_product_of_interest_is_named_once(member: Person, products: list[str]) -> None:
    one, two, _ = products

    created = await create(member, product_ids=[two, one, two])

    assert created["product_ids"] == [one, two]
    assert (await member.get(f"/leads/{created['id']}")).json() == created


async def test_other_products_alone_move_the_version(member: Person, products: list[str]) -> None:
    one, two, three = products
    created = await create(member, product_ids=[one, two])
    path = f"/leads/{created['id']}"

    changed = (await member.patch(path, json={"product_ids": [three, two]})).json()

    assert changed["product_ids"] == [two, three]
    assert changed["version"] == created["version"] + 1
    assert changed["updated_at"] > created["updated_at"]
    assert (await member.get(path)).json() == changed


async def test_the_same_products_in_another_order_change_nothing(
    member: Person, products: list[str]
) -> None:
    created = await create(member, product_ids=products)

    again = {"product_ids": products[::-1]}
    assert (await member.patch(f"/leads/{created['id']}", json=again)).json() == created


async def test_more_products_than_fifty_are_refused(member: Person) -> None:
    many = [str(uuid4()) for _ in range(51)]

    answer = await member.post("/leads", json=KATHERINE | {"product_ids": many})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["body", "product_ids"]


async def test_a_transition_that_is_not_allowed_is_a_conflict(member: Person) -> None:
    created = await create(member, status="qualified")
    path = f"/leads/{created['id']}"

    answer = await member.patch(path, json={"status": "new", "notes": "Once more."})

    assert answer.status_code == 409
    assert "qualified can't become new" in answer.json()["detail"]
    assert (await member.get(path)).json() == created


async def test_no_lead_begins_as_converted(member: Person) -> None:
    answer = await member.post("/leads", json=KATHERINE | {"status": "converted"})

    assert answer.status_code == 409
    assert await names(member) == set()


async def test_no_lead_becomes_converted_by_a_change(member: Person) -> None:
    path = f"/leads/{(await create(member))['id']}"

    answer = await member.patch(path, json={"status": "converted"})

    assert answer.status_code == 409
    assert "convert" in answer.json()["detail"]


async def test_a_converted_lead_stays_so(member: Person) -> None:
    lead = await create(member)
    await convert(member, lead)

    answer = await member.patch(f"/leads/{lead['id']}", json={"status": "lost"})

    assert answer.status_code == 409


async def test_a_converted_lead_is_a_customer_with_its_data(
    member: Person, manager: Person
) -> None:
    lead = await create(member)

    answer = await convert(manager, lead)

    assert answer.status_code == 201
    customer = answer.json()
    assert answer.headers["Location"] == f"/api/v1/customers/{customer['id']}"
    for field in ("name", "email", "phone", "company", "notes", "owner_id"):
        assert customer[field] == lead[field]
    assert customer["status"] == "active"
    assert (await member.get(f"/customers/{customer['id']}")).json() == customer


async def test_a_converted_lead_is_marked(member: Person) -> None:
    lead = await create(member)

    customer = (await convert(member, lead)).json()

    marked = (await member.get(f"/leads/{lead['id']}")).json()
    assert (marked["status"], marked["customer_id"]) == ("converted", customer["id"])
    assert marked["converted_at"] >= lead["created_at"]
    assert marked["version"] == lead["version"] + 1


@pytest.mark.parametrize("status", UNFINISHED)
async def test_unfinished_tasks_go_over_to_the_customer(member: Person, status: str) -> None:
    lead = await create(member)
    task = await create_task(member, lead, status=status)

    customer = (await convert(member, lead)).json()

    moved = (await member.get(f"/tasks/{task}")).json()
    assert (moved["customer_id"], moved["lead_id"]) == (customer["id"], lead["id"])
    assert moved["version"] == 2


@pytest.mark.parametrize("status", FINISHED)
async def test_finished_tasks_stay_where_they_are(member: Person, status: str) -> None:
    lead = await create(member)
    task = await create_task(member, lead, status=status)
    before = (await member.get(f"/tasks/{task}")).json()

    await convert(member, lead)

    assert (await member.get(f"/tasks/{task}")).json() == before


async def test_tasks_of_another_lead_or_customer_stay_where_they_are(member: Person) -> None:
    lead, other_lead = await create(member), await create(member)
    other_customer = (await member.post("/customers", json={"name": "Grace"})).json()["id"]
    tasks = [
        await create_task(member, lead, customer_id=other_customer),
        await create_task(member, other_lead),
    ]
    before = [(await member.get(f"/tasks/{task}")).json() for task in tasks]

    await convert(member, lead)

    assert [(await member.get(f"/tasks/{task}")).json() for task in tasks] == before


async def test_converting_twice_answers_the_same_customer(member: Person, manager: Person) -> None:
    lead = await create(member)
    first = await convert(member, lead)

    second = await convert(manager, lead)

    assert second.status_code == 200
    assert second.json() == first.json()
    assert second.headers["Location"] == first.headers["Location"]
    assert second.headers["ETag"] == first.headers["ETag"]


async def test_a_lost_lead_is_not_converted(member: Person) -> None:
    lead = await create(member, status="lost")

    answer = await convert(member, lead)

    assert answer.status_code == 409
    assert "lost" in answer.json()["detail"]
    assert (await member.get("/customers")).json()["items"] == []


async def test_a_viewer_does_not_convert_leads(member: Person, viewer: Person) -> None:
    assert (await convert(viewer, await create(member))).status_code == 403


async def test_an_unknown_lead_is_not_converted(member: Person) -> None:
    assert (await convert(member, {"id": uuid4()})).status_code == 404


async def test_of_many_who_convert_a_lead_at_once_one_makes_a_customer(member: Person) -> None:
    lead = await create(member)
    await create_task(member, lead)

    answers = await asyncio.gather(*(convert(member, lead) for _ in range(12)))

    assert sorted(answer.status_code for answer in answers) == [200] * 11 + [201]
    customers = (await member.get("/customers")).json()["items"]
    assert {answer.json()["id"] for answer in answers} == {each["id"] for each in customers}
    assert len(customers) == 1


async def test_a_conversion_that_fails_leaves_nothing(
    member: Person, database: Database, worker_database_url: str
) -> None:
    lead = await create(member)
    task = await create_task(member, lead)
    before = (await member.get(f"/tasks/{task}")).json()

    # It fails at the tasks, which are written last.
    async with database.writing_session() as session:
        connection = await session.connection()
        await connection.execute(text("LOCK TABLE tasks IN SHARE MODE"))
        converting = asyncio.create_task(convert(member, lead))
        await asyncio.to_thread(wait_for_waiting, worker_database_url, 1)
        await connection.execute(CANCEL_WHO_WAITS)
        failed = await converting

    assert failed.status_code == 503
    assert (await member.get(f"/leads/{lead['id']}")).json() == lead
    assert (await member.get(f"/tasks/{task}")).json() == before
    assert (await member.get("/customers")).json()["items"] == []


async def test_a_lead_with_tasks_can_not_be_deleted(manager: Person) -> None:
    lead = await create(manager)
    task = await create_task(manager, lead)

    refused = await manager.delete(f"/leads/{lead['id']}")

    assert refused.status_code == 409
    assert "Tasks still refer to this lead" in refused.json()["detail"]
    await manager.patch(f"/tasks/{task}", json={"lead_id": None})
    assert (await manager.delete(f"/leads/{lead['id']}")).status_code == 204


async def test_a_lead_is_deleted_with_its_interests(manager: Person, products: list[str]) -> None:
    lead = await create(manager, product_ids=products)

    assert (await manager.delete(f"/leads/{lead['id']}")).status_code == 204

    for product in products:
        assert (await manager.delete(f"/products/{product}")).status_code == 204


async def test_a_customer_that_was_a_lead_can_not_be_deleted(manager: Person) -> None:
    lead = await create(manager)
    customer = (await convert(manager, lead)).json()["id"]

    refused = await manager.delete(f"/customers/{customer}")

    assert refused.status_code == 409
    assert "A lead was converted to this customer" in refused.json()["detail"]
    await manager.delete(f"/leads/{lead['id']}")
    assert (await manager.delete(f"/customers/{customer}")).status_code == 204


async def test_unknown_products_are_named(member: Person) -> None:
    answer = await member.post("/leads", json=KATHERINE | {"product_ids": [UNKNOWN]})

    assert UNKNOWN in answer.json()["errors"][0]["msg"]


async def test_a_key_of_a_second_conversion_stands_for_it(member: Person) -> None:
    lead, key = await create(member), {"Idempotency-Key": "again"}
    customer = (await convert(member, lead)).json()

    first, second = [
        await member.post(f"/leads/{lead['id']}/convert", headers=key) for _ in range(2)
    ]
    other = await member.post("/leads", json=KATHERINE, headers=key)

    assert (first.status_code, first.json()) == (200, customer)
    assert (second.status_code, second.json()) == (200, customer)
    assert second.headers["Idempotency-Replayed"] == "true"
    assert other.status_code == 422


async def test_a_conversion_does_not_wait_for_a_bulk_change_that_waits_for_it(
    member: Person,
) -> None:
    lead = await create(member)
    body = {"title": "Call", "lead_id": lead["id"]}
    tasks = [(await member.post("/tasks", json=body)).json()["id"] for _ in range(6)]
    changes = [{"task_id": task, "changes": {"lead_id": lead["id"]}} for task in tasks]

    answers = await asyncio.gather(
        *(member.post("/tasks/bulk", json={"changes": changes}) for _ in range(3)),
        *(convert(member, lead) for _ in range(3)),
        *(member.post("/tasks", json=body) for _ in range(3)),
    )

    assert {answer.status_code for answer in answers} <= {200, 201}
