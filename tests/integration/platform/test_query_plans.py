"""No list reads a table from end to end, whatever is asked of it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from backend.core.database import Database
from backend.core.scopes import SYSTEM
from backend.models.platform.paging import RELEVANCE
from backend.models.tasks.tasks import TaskQuery
from backend.repositories.unit_of_work import UnitOfWorkFactory
from tests.fixtures.people import Person
from tests.fixtures.statements import Statement, sent_statements
from tests.fixtures.walking import walk
from tests.integration.api.document import DOCUMENT, OPERATIONS
from tests.integration.platform.test_query_count import fill

SOME_ID = "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e01"
PAGING = {"sort", "limit", "cursor", "total", "q"}
VALUES = {
    "uuid": SOME_ID,
    "date": "2026-01-01",
    "date-time": "2026-01-01T00:00:00Z",
    "boolean": "true",
    "string": "EUR",
}

Query = dict[str, str]
Plan = Callable[[Statement], str]


def lists() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each route that answers rows by the page, with the schemas of its parameters."""
    for name, operation in OPERATIONS.items():
        method, path = name.split()
        parameters = operation.get("parameters", []) if method == "GET" else []
        schemas = {each["name"]: each["schema"] for each in parameters if each["in"] == "query"}
        if "limit" in schemas:
            yield path, schemas


def options(schema: dict[str, Any]) -> list[str]:
    """What a parameter takes: all that there is, or one of many."""
    if "$ref" in schema:
        return options(DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if "items" in schema:
        return options(schema["items"])
    return schema.get("enum") or [VALUES[schema.get("format", schema["type"])]]


def word(path: str) -> Query:
    """What finds rows of the list: they are called after it."""
    return {"q": path.rpartition("/")[2].removesuffix("s")}


LISTS = dict(lists())


def sorts(path: str) -> Iterator[Query]:
    for sort in options(LISTS[path]["sort"]) if "sort" in LISTS[path] else []:
        yield {"sort": sort} | (word(path) if sort == RELEVANCE else {})


def filters(path: str) -> Iterator[Query]:
    """Each filter alone, by each of its values."""
    for name in LISTS[path].keys() - PAGING:
        for value in options(LISTS[path][name]):
            yield {name: value} | ({} if "sort" in LISTS[path] else word("tasks"))


def counted(path: str) -> Iterator[Query]:
    found = [word(path)] if "q" in LISTS[path] else []
    for query in (*found, *filters(path)):
        if {"total", *query} <= LISTS[path].keys():
            yield query | {"total": "true"}


@contextmanager
def planning(url: str, *avoided: str, supposing: Sequence[str] = ()) -> Iterator[Plan]:
    """
    Args:
        supposing: changes of what PostgreSQL knows of its tables, which nobody else sees.
    """
    with psycopg.connect(url) as connection, connection.transaction(force_rollback=True):
        for each in (*(f"SET enable_{name} = off" for name in avoided), *supposing):
            connection.execute(each.encode())

        def explain(statement: Statement) -> str:
            text, parameters = statement
            lines = connection.execute(f"EXPLAIN {text}".encode(), parameters)
            return "\n".join(line for (line,) in lines)

        yield explain


@pytest.fixture
def plan(worker_database_url: str) -> Iterator[Plan]:
    """How PostgreSQL goes about a statement where it avoids to read whole tables."""
    with planning(worker_database_url, "seqscan") as explain:
        yield explain


MANY = [
    "UPDATE pg_class SET relpages = 1, reltuples = 10000 WHERE oid = 'tasks'::regclass",
    "DELETE FROM pg_statistic WHERE starelid = 'tasks'::regclass",
]
"""With few rows, every index costs the same, and which one is taken is chance."""


@pytest.fixture
def plan_in_order(worker_database_url: str) -> Iterator[Plan]:
    """`plan` for many tasks, where it also avoids to collect rows before it reads them."""
    with planning(worker_database_url, "seqscan", "bitmapscan", supposing=MANY) as explain:
        yield explain


async def whole_reads(
    admin: Person, plan: Plan, path: str, queries: Iterable[Query]
) -> dict[str, str]:
    """The plans that read a whole table, by what was asked for."""
    found: dict[str, str] = {}
    for query in queries:
        with sent_statements() as statements:
            answer = await admin.get(path.removeprefix("/api/v1"), params=query)
        assert answer.status_code == 200, answer.text
        plans = [plan(statement) for statement in statements]
        assert plans
        found |= {str(query): each for each in plans if "Seq Scan" in each}
    return found


@pytest.fixture
async def ids(admin: Person, uow: UnitOfWorkFactory) -> Query:
    """Of rows of every kind, by the parameters of paths."""
    return await fill(uow, admin, 3)


@walk("path", {path: path for path in LISTS})
async def test_a_list_in_any_order_is_read_from_an_index(
    admin: Person, plan: Plan, ids: Query, path: str
) -> None:
    url = path.format(**ids)
    for query in sorts(path):
        first = query | {"limit": "1"}
        cursor = (await admin.get(url.removeprefix("/api/v1"), params=first)).json()["next_cursor"]
        second = first | {"cursor": cursor}

        assert await whole_reads(admin, plan, url, [first, second]) == {}


@walk("path", {path: path for path in LISTS})
async def test_a_list_with_any_filter_is_read_from_an_index(
    admin: Person, plan: Plan, ids: Query, path: str
) -> None:
    url = path.format(**ids)

    assert await whole_reads(admin, plan, url, filters(path)) == {}


@walk("path", {path: path for path in LISTS})
async def test_what_was_found_is_counted_from_an_index(
    admin: Person, plan: Plan, ids: Query, path: str
) -> None:
    url = path.format(**ids)

    assert await whole_reads(admin, plan, url, counted(path)) == {}


@pytest.mark.parametrize("name", ["assignee_id", "customer_id", "module_id"])
async def test_a_count_along_an_index_ends_with_the_last_row_that_is_counted(
    admin: Person, uow: UnitOfWorkFactory, plan_in_order: Plan, name: str
) -> None:
    await fill(uow, admin, 3)
    with sent_statements() as statements:
        await admin.get("/tasks", params={name: SOME_ID, "total": "true"})

    counting = plan_in_order(statements[-1])

    assert "count(" in statements[-1][0]
    assert f"ix_tasks_{name}_created_at_id" in counting
    # All rows that match would be read and sorted first.
    assert "Sort" not in counting


def test_the_lists_are_found() -> None:
    assert {"/api/v1/tasks", "/api/v1/customers/{customer_id}/timeline", "/api/v1/search"} < set(
        LISTS
    )


async def test_a_search_is_planned_for_its_words_however_often_it_is_asked(
    uow: UnitOfWorkFactory, database: Database
) -> None:
    for query in [TaskQuery(q="plants"), TaskQuery()] * 10:
        async with uow.reading(SYSTEM) as reading:
            await reading.tasks.page(query)

    prepared = await database.statements.run("SELECT statement FROM pg_prepared_statements", {})
    lists = [statement for (statement,) in prepared if "FROM tasks" in statement]
    assert lists
    assert not any("@@" in statement for statement in lists)
