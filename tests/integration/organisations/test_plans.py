"""A page of one organisation reads its own rows alone, however many others there are."""

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from backend.core.config import Settings
from backend.core.database import libpq_url, owner_url
from backend.core.scoped_database import EVERYTHING_ROLE, ORGANISATION_SETTING
from backend.models.platform.organisations import divided_tables
from backend.models.tasks.tasks import PRIORITY_SQL
from backend.repositories.sql.platform.division import unite
from backend.repositories.sql.platform.leakproof import (
    FUNCTIONS,
    vouch_for_functions,
    vouch_no_more,
)
from tests.fixtures.organisations import divided_settings
from tests.fixtures.postgres import cloned_database

ORGANISATIONS, TASKS = 5, 20_000
_FILL = """
    INSERT INTO tasks (id, checklist, title, description, status, priority, created_at, updated_at,
        version, organisation_id)
    SELECT gen_random_uuid(), '[]', 'Call ' || n, '', 'open', 'high', now() - n * interval '1 s',
        now(), 1, ('00000000-0000-7000-8000-00000000000' || n %% %(organisations)s)::uuid
    FROM generate_series(1, %(tasks)s) AS n
"""
OWN = "00000000-0000-7000-8000-000000000003"
NEWEST = "ORDER BY created_at DESC, id DESC"
LAST_ID = "'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid"
PAGES = {
    "newest first": f"TRUE {NEWEST}",
    "of a status": f"status = 'open' {NEWEST}",
    "by title": "TRUE ORDER BY sort_key(title), id",
    "behind a cursor": f"(created_at, id) < (now(), {LAST_ID}) {NEWEST}",
    "by title, behind a cursor": (
        f"(sort_key(title), id) > (sort_key('Call 8'), {LAST_ID}) ORDER BY sort_key(title), id"
    ),
    "by priority, behind a cursor": (
        f"({PRIORITY_SQL}, id) > (2, {LAST_ID}) ORDER BY {PRIORITY_SQL}, id"
    ),
}
"""What follows WHERE."""
SEARCHES = {
    "words": ("tasks", "search @@ search_query('19998')"),
    "a unique text": ("products", "lower(sku) = 'seat'"),
}
INDEXES = """
    SELECT pg_get_indexdef(indexrelid) FROM pg_index
    WHERE indexprs IS NOT NULL AND NOT indisexclusion AND indrelid = ANY(%s::regclass[])
"""
"""Of those that queries use: others only keep rows from excluding each other."""


def plan_of(settings: Settings, query: str) -> str:
    with psycopg.connect(libpq_url(settings.database)) as connection:
        connection.execute("SELECT set_config(%s, %s, true)", (ORGANISATION_SETTING, OWN))
        explained = connection.execute(f"EXPLAIN (ANALYZE, BUFFERS OFF) {query}")
        return "\n".join(line for (line,) in explained)


@pytest.fixture(scope="module")
def filled(server_url: str, template: str, run_folder: Path) -> Iterator[Settings]:
    with cloned_database(server_url, template) as url:
        settings = divided_settings(url, run_folder)
        with psycopg.connect(url, autocommit=True) as owner:
            owner.execute(_FILL, {"organisations": ORGANISATIONS, "tasks": TASKS})
            owner.execute("VACUUM ANALYZE tasks")
        yield settings


@pytest.mark.parametrize("name", PAGES)
def test_a_page_reads_rows_of_its_organisation_alone(filled: Settings, name: str) -> None:
    plan = plan_of(filled, f"SELECT * FROM tasks WHERE {PAGES[name]} LIMIT 51")  # noqa: S608

    assert re.search(r"Index Cond: .*organisation_id = ", plan), plan
    assert "Rows Removed by Filter" not in plan, plan
    assert "Sort" not in plan, plan


@pytest.mark.parametrize("name", SEARCHES)
def test_an_index_serves_what_calls_a_function(filled: Settings, name: str) -> None:
    table, condition = SEARCHES[name]

    plan = plan_of(filled, f"SELECT id FROM {table} WHERE {condition}")  # noqa: S608

    function = re.split(r"[ (]", condition)[0]
    assert re.search(rf"Index Cond: \(+{function}\b", plan), plan


def test_all_functions_of_such_indexes_are_vouched_for(divided: Settings) -> None:
    tables = [table.name for table in divided_tables()]
    with psycopg.connect(owner_url(divided.database)) as connection:
        indexes = connection.execute(INDEXES, [tables]).fetchall()
        marked = _marked(connection)

    called = {name for (index,) in indexes for name in re.findall(r"([a-z_]+)\(", index)}
    known = {re.split(r"[.(]", name.removeprefix("pg_catalog."))[0] for name in FUNCTIONS}
    assert called - {"coalesce"} <= known
    assert marked == [True] * len(FUNCTIONS)


def test_nobody_vouches_where_there_is_one(freshly_divided: Settings) -> None:
    owner = owner_url(freshly_divided.database)
    unite(owner)

    with psycopg.connect(owner) as connection:
        assert _marked(connection) == [False] * len(FUNCTIONS)


def _marked(connection: psycopg.Connection[tuple[object, ...]]) -> list[object]:
    query = "SELECT proleakproof FROM pg_proc WHERE oid = %s::regprocedure"
    return [connection.execute(query, [name]).fetchone() == (True,) for name in FUNCTIONS]


def test_an_owner_who_may_not_say_so_goes_on_without(freshly_divided: Settings) -> None:
    """Such as that of a database that somebody else operates."""
    owner = owner_url(freshly_divided.database)
    unite(owner)

    with psycopg.connect(owner) as connection:
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(EVERYTHING_ROLE)))
        vouch_for_functions(connection)
        vouch_no_more(connection)
        assert _marked(connection) == [False] * len(FUNCTIONS)
