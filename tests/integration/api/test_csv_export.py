"""Lists as CSV: all that matches, for a spreadsheet."""

import asyncio
import csv
import io
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import text

from backend.core.database import Database
from backend.core.permissions import ROLE_PERMISSIONS, Permission, Principal, Role
from backend.core.scopes import SYSTEM
from backend.models.platform.mixins import now
from backend.models.tasks.tasks import TaskQuery, TaskSort
from backend.repositories.unit_of_work import UnitOfWorkFactory
from backend.services.platform.all_pages import _ROW_BATCH as PAGE, all_pages
from backend.services.tasks.tasks import TaskService
from tests.factories import make_customer, make_principal, make_task
from tests.fixtures.people import Person
from tests.fixtures.statements import sent_statements
from tests.integration.api.document import OPERATIONS
from tests.integration.platform.test_query_count import fill
from tests.integration.search.test_search import add

EXPORTS = ["/customers", "/leads", "/products", "/tasks"]
CSV = {"Accept": "text/csv"}
MANY = text("""
    INSERT INTO tasks (id, title, description, status, priority, created_at, updated_at, version,
        checklist)
    SELECT gen_random_uuid(), 'Task', '', 'open', 'low', now() - n * interval '1 ms', now(), 1, '[]'
    FROM generate_series(1, :count) AS n
""")


async def export(person: Person, path: str, **query: Any) -> list[dict[str, str]]:
    answer = await person.get(path, params=query, headers=CSV)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


async def add_tasks(uow: UnitOfWorkFactory, count: int) -> list[str]:
    """Answers the ids, from the newest to the oldest."""
    tasks = [make_task(created_at=now() - timedelta(seconds=n)) for n in range(count)]
    async with uow(SYSTEM) as unit:
        await unit.tasks.add_missing(tasks)
        await unit.commit()
    return [str(task.id) for task in tasks]


async def somebody() -> Principal:
    return make_principal()


def flat(item: dict[str, Any]) -> dict[str, Any]:
    """Money takes two columns, whether it is there or not."""
    columns: dict[str, Any] = {}
    for name, value in item.items():
        if name in {"price", "estimated_value"}:
            money = value or {"amount": None, "currency": None}
            columns |= {f"{name}_{part}": money[part] for part in ("amount", "currency")}
        else:
            columns[name] = value
    return columns


@pytest.mark.parametrize("path", EXPORTS)
async def test_a_line_says_what_the_json_says(
    admin: Person, uow: UnitOfWorkFactory, path: str
) -> None:
    await fill(uow, admin, 3)
    items = (await admin.get(path)).json()["items"]

    rows = await export(admin, path)

    assert len(rows) == len(items) == 3
    assert list(rows[0]) == list(flat(items[0]))
    for row, item in zip(rows, items, strict=True):
        for name, value in flat(item).items():
            if isinstance(value, str):
                assert row[name] == value
            else:
                assert row[name] == ("" if value is None else json.dumps(value))


async def test_an_export_is_a_file_with_a_name(viewer: Person) -> None:
    answer = await viewer.get("/tasks", headers=CSV)

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="tasks.csv"'
    assert answer.headers["Vary"] == "Accept"
    assert answer.text.count("\r\n") == 1


@pytest.mark.parametrize("path", EXPORTS)
def test_the_name_of_the_file_is_declared(path: str) -> None:
    response = OPERATIONS[f"GET /api/v1{path}"]["responses"]["200"]

    assert "Content-Disposition" in response["headers"]


async def test_an_export_begins_with_the_mark_that_excel_looks_for(
    member: Person, uow: UnitOfWorkFactory
) -> None:
    await add(uow, "/tasks", member, "Grüße")

    content = (await member.get("/tasks", headers=CSV)).content

    assert content.startswith(b"\xef\xbb\xbfid,")
    assert content.count("\ufeff".encode()) == 1


@pytest.mark.parametrize(
    ("accept", "is_csv"),
    [
        ("text/csv", True),
        ("text/csv;q=0.9, */*", True),
        ("text/html, Text/CSV; charset=utf-8", True),
        ("*/*", False),
        ("text/*", True),
        ("text/*, application/json", False),
        ("application/json;q=0.4, text/*;q=0.6", True),
        ("text/*, text/csv;q=0", False),
        ("text/csv;q=0, */*", False),
        ("application/json;q=0.9, */*", False),
        ("application/*, */*;q=0.1", False),
        ("nonsense, text/csv", True),
        ('text/csv;header="present,absent"', True),
        ("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", False),
        ("", False),
        ("application/json", False),
        ("text/csv-schema", False),
        ("text/csv;q=0, application/json", False),
        ("application/json, text/csv;q=0.5", False),
        ("application/json;q=0.5, text/csv", True),
        ("text/csv;q=much", False),
    ],
)
@pytest.mark.parametrize("path", EXPORTS)
async def test_who_names_csv_gets_it_and_all_others_get_json(
    viewer: Person, path: str, accept: str, is_csv: bool
) -> None:
    answer = await viewer.get(path, headers={"Accept": accept})

    kind = "text/csv; charset=utf-8" if is_csv else "application/json"
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, kind)
    assert answer.headers["Vary"] == "Accept"


async def test_an_export_holds_all_pages_in_order(viewer: Person, uow: UnitOfWorkFactory) -> None:
    ids = await add_tasks(uow, 450)

    assert [row["id"] for row in await export(viewer, "/tasks", limit=2)] == ids
    assert [row["id"] for row in await export(viewer, "/tasks", sort="created_at")] == ids[::-1]


async def test_an_export_begins_at_the_beginning(viewer: Person, uow: UnitOfWorkFactory) -> None:
    ids = await add_tasks(uow, 3)
    cursor = (await viewer.get("/tasks", params={"limit": 1})).json()["next_cursor"]

    assert [row["id"] for row in await export(viewer, "/tasks", cursor=cursor)] == ids


async def test_filters_and_words_hold_for_an_export(member: Person, uow: UnitOfWorkFactory) -> None:
    older = await add(uow, "/tasks", member, "Grace", status="done")
    newer = await add(uow, "/tasks", member, "Ada", "knows Grace", status="done")
    await add(uow, "/tasks", member, "Grace")
    await add(uow, "/tasks", member, "Ada", status="done")

    rows = await export(member, "/tasks", q="grace", status="done", total=True)

    # By relevance a list ranks the newest matches only; an export has them all, by date.
    assert [row["id"] for row in rows] == [newer, older]


async def test_customers_come_with_their_counts(member: Person, uow: UnitOfWorkFactory) -> None:
    customer = make_customer(owner_id=member.user.id)
    async with uow(SYSTEM) as unit:
        await unit.customers.save(customer)
        await unit.tasks.save(make_task(customer_id=customer.id))
        await unit.commit()

    (row,) = await export(member, "/customers")

    assert (row["task_count"], row["open_task_count"], row["file_count"]) == ("1", "1", "0")


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=\n1"])
async def test_no_cell_is_a_formula(member: Person, uow: UnitOfWorkFactory, cell: str) -> None:
    await add(uow, "/tasks", member, "A formula", cell)

    (row,) = await export(member, "/tasks")

    assert row["description"] == f"'{cell}"


async def test_a_number_to_call_is_no_formula(member: Person) -> None:
    await member.post("/customers", json={"name": "Grace", "phone": "+1 202 555 0143"})

    assert (await export(member, "/customers"))[0]["phone"] == "'+1 202 555 0143"


async def test_any_text_comes_back_as_it_was(member: Person, uow: UnitOfWorkFactory) -> None:
    title, body = 'Say "hi", 漢字; 😀 = 1', 'two\r\nlines, "quoted"\n\n\u2028 ; \x1f 1-1 '
    await add(uow, "/tasks", member, title, body)

    (row,) = await export(member, "/tasks")

    assert (row["title"], row["description"]) == (title, body)


async def test_an_export_takes_the_permission_of_the_list(
    viewer: Person, client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = ROLE_PERMISSIONS[Role.VIEWER] - {Permission.TASKS_READ}
    monkeypatch.setitem(ROLE_PERMISSIONS, Role.VIEWER, others)

    assert (await viewer.get("/tasks", headers=CSV)).status_code == 403
    assert (await client.get("/api/v1/tasks", headers=CSV)).status_code == 401


@pytest.mark.parametrize(
    "query", [{"status": "finished"}, {"colour": "red"}, {"sort": "relevance"}, {"limit": 201}]
)
async def test_a_query_that_does_not_fit_is_a_problem_and_no_file(
    viewer: Person, query: dict[str, Any]
) -> None:
    answer = await viewer.get("/tasks", params=query, headers=CSV)

    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "Content-Disposition" not in answer.headers


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (PAGE, 1), (PAGE + 1, 2)])
async def test_an_export_takes_one_statement_a_page(
    viewer: Person, uow: UnitOfWorkFactory, count: int, pages: int
) -> None:
    await add_tasks(uow, count)

    with sent_statements() as statements:
        rows = await export(viewer, "/tasks")

    assert len(rows) == count
    # The first one tells who asks.
    assert len(statements) == 1 + pages


@pytest.mark.parametrize("sort", [TaskSort.CREATED_AT, TaskSort.CREATED_AT_DESC])
async def test_rows_that_come_and_go_during_an_export_shift_nothing(
    uow: UnitOfWorkFactory, sort: TaskSort
) -> None:
    ids = await add_tasks(uow, 450)
    ordered = ids if sort is TaskSort.CREATED_AT_DESC else ids[::-1]
    pages = all_pages(TaskService(uow).page, TaskQuery(sort=sort), somebody)
    first = [str(task.id) for task in await anext(pages)]

    gone_early, gone_late = [first[0], first[-1]], ordered[-1:]
    async with uow(SYSTEM) as unit:
        for task_id in gone_early + gone_late:
            await unit.tasks.delete(await unit.tasks.get(UUID(task_id)))
        await unit.commit()
    new = await add_tasks(uow, 10)
    rest = [str(task.id) async for page in pages for task in page]

    assert [each for each in first + rest if each not in new] == ordered[:-1]
    assert len(set(rest)) == len(rest)


async def test_no_connection_is_held_between_the_pages(
    uow: UnitOfWorkFactory, database: Database
) -> None:
    await add_tasks(uow, PAGE + 1)
    pages = all_pages(TaskService(uow).page, TaskQuery(), somebody)

    await anext(pages)

    assert "Current Checked out connections: 0" in database.engine.pool.status()
    assert len(await anext(pages)) == 1


async def test_rows_that_change_during_an_export_come_once(
    viewer: Person, uow: UnitOfWorkFactory, database: Database
) -> None:
    async with database.writing_session() as session:
        await (await session.connection()).execute(MANY, {"count": 10_000})
        await session.commit()
    change = text("UPDATE tasks SET updated_at = clock_timestamp(), version = version + 1")

    async def keep_changing() -> None:
        while True:
            async with database.writing_session() as session:
                await (await session.connection()).execute(change)
                await session.commit()

    changing = asyncio.create_task(keep_changing())
    rows = await export(viewer, "/tasks")
    changing.cancel()
    await asyncio.wait([changing])

    assert len(rows) == len({row["id"] for row in rows}) == 10_000
