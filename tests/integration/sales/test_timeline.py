"""Leads, tasks and files of a customer in one list, and how many there are."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from backend.core.scopes import SYSTEM
from backend.models.platform.mixins import now
from backend.models.sales.customers import Customer
from backend.repositories.unit_of_work import UnitOfWorkFactory
from tests.factories import make_customer, make_file, make_lead, make_task
from tests.fixtures.people import Person, with_key
from tests.integration.api.test_lists import ID, forged, walk

SORTS = ["created_at", "-created_at"]
KINDS = {"lead", "task", "file"}


@pytest.fixture
async def customer(member: Person, uow: UnitOfWorkFactory) -> Customer:
    """A customer among others who have tasks as well."""
    rows = [make_customer(owner_id=member.user.id) for _ in range(2)]
    async with uow(SYSTEM) as unit:
        await unit.customers.save_many(rows)
        await unit.tasks.save(make_task(customer_id=rows[1].id))
        await unit.tasks.save(make_task())
        await unit.commit()
    return rows[0]


@pytest.fixture
async def entries(member: Person, customer: Customer, uow: UnitOfWorkFactory) -> list[str]:
    """Seven of each kind, three of them at the same moment; answers the ids, first to last."""
    began = now() - timedelta(minutes=1)
    owner = {"customer_id": customer.id, "owner_id": member.user.id}
    rows: list[tuple[Any, UUID]] = []
    async with uow(SYSTEM) as unit:
        for number in range(7):
            moment = {"created_at": began + timedelta(seconds=number // 3)}
            lead, file = make_lead(**owner, **moment), make_file(**owner, **moment)
            task = make_task(customer_id=customer.id, **moment)
            await unit.leads.save(lead)
            await unit.tasks.save(task)
            await unit.files.save(file)
            rows += [(row.created_at, row.id) for row in (lead, task, file)]
        await unit.commit()
    return [str(row_id) for _, row_id in sorted(rows)]


def path_of(customer: Customer) -> str:
    return f"/customers/{customer.id}/timeline"


async def add(uow: UnitOfWorkFactory, **rows: Any) -> None:
    """Save rows, by the names of their tables."""
    async with uow(SYSTEM) as unit:
        for name, row in rows.items():
            await getattr(unit, name).save(row)
        await unit.commit()


async def test_an_entry_says_what_it_is_and_how_far_it_has_come(
    member: Person, viewer: Person, customer: Customer, uow: UnitOfWorkFactory
) -> None:
    owner = {"customer_id": customer.id, "owner_id": member.user.id}
    lead = make_lead(name="Trial", status="converted", **owner)
    task = make_task(title="Call her", status="done", customer_id=customer.id)
    file = make_file(name="offer.pdf", **owner)
    await add(uow, leads=lead, tasks=task, files=file)

    page = (await viewer.get(path_of(customer))).json()

    shown = [(each["kind"], each["id"], each["title"], each["status"]) for each in page["items"]]
    assert shown == [
        ("file", str(file.id), "offer.pdf", None),
        ("task", str(task.id), "Call her", "done"),
        ("lead", str(lead.id), "Trial", "converted"),
    ]
    assert page["next_cursor"] is None


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("limit", [1, 2, 5, 21])
async def test_pages_hold_every_entry_once_in_order(
    viewer: Person, customer: Customer, entries: list[str], sort: str, limit: int
) -> None:
    walked = await walk(viewer, path_of(customer), sort=sort, limit=limit)

    assert [each["id"] for each in walked] == (entries if sort == "created_at" else entries[::-1])


async def test_the_newest_entry_comes_first(
    viewer: Person, customer: Customer, entries: list[str]
) -> None:
    page = (await viewer.get(path_of(customer), params={"limit": 3})).json()

    assert [each["id"] for each in page["items"]] == entries[:-4:-1]


@pytest.mark.parametrize("kinds", [["task"], ["task", "file"], ["lead", "file"], sorted(KINDS), []])
async def test_only_the_kinds_that_are_asked_for_are_shown(
    viewer: Person, customer: Customer, entries: list[str], kinds: list[str]
) -> None:
    walked = await walk(viewer, path_of(customer), kind=kinds, limit=4)

    assert {each["kind"] for each in walked} == (set(kinds) or KINDS)
    assert len(walked) == 7 * len(kinds or KINDS)
    order = [each["id"] for each in walked]
    assert order == [each for each in entries[::-1] if each in set(order)]


async def test_a_kind_that_is_named_twice_is_shown_once(
    viewer: Person, customer: Customer, entries: list[str]
) -> None:
    walked = await walk(viewer, path_of(customer), kind=["task", "task"])

    assert len(walked) == 7


@pytest.mark.parametrize(
    ("query", "total"),
    [({}, 7 * len(KINDS)), ({"kind": "file"}, 7), ({"limit": 1}, 7 * len(KINDS))],
)
@pytest.mark.usefixtures("entries")
async def test_entries_are_counted(
    viewer: Person, customer: Customer, query: Mapping[str, Any], total: int
) -> None:
    answer = await viewer.get(path_of(customer), params={"total": True, **query})

    assert answer.json()["total"] == total
    assert (await viewer.get(path_of(customer), params=query)).json()["total"] is None


@pytest.mark.usefixtures("entries")
async def test_whoever_may_read_none_of_them_counts_none(
    member: Person, customer: Customer
) -> None:
    program = await with_key(member, permissions=["customers:read"])

    page = (await program.get(path_of(customer), params={"total": True})).json()

    assert page == {"items": [], "next_cursor": None, "total": 0}


async def test_entries_that_come_and_go_shift_nothing(
    manager: Person, customer: Customer, entries: list[str], uow: UnitOfWorkFactory
) -> None:
    newest_first = entries[::-1]
    first = (await manager.get(path_of(customer), params={"limit": 4})).json()

    for each in first["items"]:
        await manager.delete(f"/{each['kind']}s/{each['id']}")
    await add(uow, tasks=make_task(customer_id=customer.id))

    rest = await walk(manager, path_of(customer), cursor=first["next_cursor"], limit=4)
    assert [each["id"] for each in rest] == newest_first[4:]


async def test_a_customer_without_entries_has_an_empty_timeline(
    viewer: Person, customer: Customer
) -> None:
    page = (await viewer.get(path_of(customer))).json()

    assert page == {"items": [], "next_cursor": None, "total": None}


async def test_an_unknown_customer_has_no_timeline(viewer: Person) -> None:
    answer = await viewer.get(f"/customers/{uuid4()}/timeline")

    assert answer.status_code == 404


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        forged("tasks", "-created_at", "2026-01-01T00:00:00Z", ID),
        forged("timeline", "created_at", "2026-01-01T00:00:00Z", ID),
        forged("timeline", "-created_at", "soon", ID),
        forged("timeline", "-created_at", "2026-01-01T00:00:00Z", 7),
    ],
)
async def test_a_broken_cursor_is_refused(viewer: Person, customer: Customer, cursor: str) -> None:
    answer = await viewer.get(path_of(customer), params={"cursor": cursor})

    assert answer.status_code == 400
    assert answer.json()["type"] == "/problems/invalid-cursor"


@pytest.mark.parametrize(
    "query", [{"kind": "customer"}, {"sort": "title"}, {"q": "x"}, {"limit": 201}]
)
async def test_a_query_that_does_not_fit_names_the_parameter(
    viewer: Person, customer: Customer, query: dict[str, Any]
) -> None:
    answer = await viewer.get(path_of(customer), params=query)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"][:2] == ["query", next(iter(query))]


async def test_a_list_of_customers_counts_what_belongs_to_each(
    viewer: Person, member: Person, customer: Customer, uow: UnitOfWorkFactory
) -> None:
    for status in ("open", "in_progress", "done", "cancelled"):
        await add(uow, tasks=make_task(customer_id=customer.id, status=status))
    lead = make_lead(owner_id=member.user.id)
    await add(uow, leads=lead, tasks=make_task(lead_id=lead.id))
    for subject in ({"customer_id": customer.id}, {"customer_id": customer.id}, {}):
        await add(uow, files=make_file(owner_id=member.user.id, **subject))

    listed = (await viewer.get("/customers", params={"sort": "created_at"})).json()["items"]

    counts = [(each["task_count"], each["open_task_count"], each["file_count"]) for each in listed]
    assert counts == [(4, 2, 2), (1, 1, 0)]


async def test_a_single_customer_comes_without_counts(viewer: Person, customer: Customer) -> None:
    assert "task_count" not in (await viewer.get(f"/customers/{customer.id}")).json()
