"""What lists have in common beside the pages: totals, and when rows were created."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text

from backend.core.database import Database
from backend.models.platform.mixins import now
from backend.models.platform.paging import MAX_COUNTED
from backend.repositories.unit_of_work import UnitOfWorkFactory
from tests.fixtures.people import Person
from tests.fixtures.statements import sent_statements
from tests.integration.api.test_lists import walk
from tests.integration.search.test_search import LISTS, add

MANY = text("""
    INSERT INTO tasks (id, title, description, status, priority, created_at, updated_at, version,
        checklist)
    SELECT gen_random_uuid(), 'Grace', '', 'open', 'low', now(), now(), 1, '[]'
    FROM generate_series(1, :count)
""")


async def total(person: Person, path: str, **query: Any) -> int | None:
    answer = await person.get(path, params={"total": True, "limit": 1, **query})
    assert answer.status_code == 200, answer.text
    counted: int | None = answer.json()["total"]
    return counted


@pytest.mark.parametrize("path", LISTS)
async def test_a_total_counts_what_fits_the_question(
    member: Person, manager: Person, uow: UnitOfWorkFactory, path: str
) -> None:
    for title in ("Grace", "Grace Hopper", "Ada"):
        await add(uow, path, member, title)

    assert await total(member, path) == 3
    assert await total(member, path, q="grace") == 2
    assert await total(member, path, q="grace", sort="created_at") == 2
    assert await total(member, path, q="nobody") == 0
    assert await total(member, path, created_before="2026-01-01T00:00:00Z") == 0
    assert await total(member, path, total=False) is None


@pytest.mark.parametrize("path", ["/customers", "/products"])
async def test_a_total_leaves_out_what_is_archived(
    member: Person, uow: UnitOfWorkFactory, path: str
) -> None:
    await add(uow, path, member, "Grace")
    await add(uow, path, member, "Ada", archived_at=now())

    totals = [await total(member, path, archived=archived) for archived in ("false", "true", "any")]

    assert totals == [1, 1, 2]
    assert await total(member, path) == 1


async def test_a_total_is_the_same_on_every_page(member: Person, uow: UnitOfWorkFactory) -> None:
    for _ in range(3):
        await add(uow, "/tasks", member, "Grace")
    query = {"total": True, "limit": 2}

    first = (await member.get("/tasks", params=query)).json()
    second = (await member.get("/tasks", params=query | {"cursor": first["next_cursor"]})).json()

    assert (first["total"], second["total"]) == (3, 3)
    assert len(second["items"]) == 1


@pytest.fixture
async def many(database: Database) -> None:
    """More tasks than are counted."""
    async with database.writing_session() as session:
        connection = await session.connection()
        await connection.execute(MANY, {"count": MAX_COUNTED + 1})
        await session.commit()


@pytest.mark.parametrize("query", [{}, {"q": "grace"}, {"status": "open"}])
async def test_no_more_is_counted_than_is_worth_it(
    member: Person, many: None, query: dict[str, str]
) -> None:
    assert await total(member, "/tasks", **query) == MAX_COUNTED


async def test_not_all_rows_are_found_that_have_a_common_word(
    member: Person, many: None, database: Database
) -> None:
    with sent_statements() as statements:
        await total(member, "/tasks", q="grace")
    statement, parameters = statements[-1]

    async with database.engine.connect() as connection:
        plan = await connection.exec_driver_sql(f"EXPLAIN (ANALYZE) {statement}", parameters)
        lines = [line for (line,) in plan]

    # The newest rows are read, until there are enough.
    assert any("ix_tasks_created_at_id" in line and f"rows={MAX_COUNTED}" in line for line in lines)
    assert any("never executed" in line and "on tasks" in line for line in lines)


@pytest.mark.parametrize("path", LISTS)
async def test_rows_are_found_by_when_they_were_created(
    member: Person, uow: UnitOfWorkFactory, path: str
) -> None:
    moments = [f"2026-01-0{day}T12:00:00+00:00" for day in (1, 2, 3)]
    ids = [
        await add(uow, path, member, "Grace", created_at=datetime.fromisoformat(moment))
        for moment in moments
    ]

    async def between(**query: Any) -> list[str]:
        return [item["id"] for item in await walk(member, path, sort="created_at", **query)]

    # The moment itself belongs to what comes after it.
    assert await between(created_after=moments[1]) == ids[1:]
    assert await between(created_before=moments[1]) == ids[:1]
    assert await between(created_after=moments[1], created_before=moments[2]) == ids[1:2]
    assert await between(created_after="2026-01-02T14:00:00+02:00", q="grace") == ids[1:]
