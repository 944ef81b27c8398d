"""Pages of what `q` finds, whether a word is rare or common, and wherever the matches lie."""

import psycopg
import pytest

from backend.models.tasks.tasks import DUE_SQL, PRIORITY_SQL
from tests.fixtures import walking
from tests.fixtures.people import Person
from tests.integration.api.test_lists import walk

ROWS = 3_000
# Number 1 is the oldest of the rows.
PLACES = {
    "everywhere": ("n % 3 = 0", 200),
    "among the newest": ("n > 2950", 10),
    "among the oldest": ("n < 200", 50),
    "here and there": ("n % 300 = 0", 3),
    "at both ends": ("n > 2970 OR n < 100", 40),
}
ORDERS = {
    "created_at": "created_at, id",
    "-created_at": "created_at DESC, id DESC",
    "title": "title, id",
    "-due_at": f"{DUE_SQL} DESC, id DESC",
    "priority": f"{PRIORITY_SQL}, id",
}
INSERT = """
    INSERT INTO tasks (id, title, description, status, priority, due_at, created_at, updated_at,
        version, checklist)
    SELECT gen_random_uuid(), CASE WHEN {} THEN 'Grace ' ELSE 'Ada ' END || n % 7, '',
        CASE n % 2 WHEN 0 THEN 'open' ELSE 'done' END,
        (ARRAY['low', 'normal', 'high', 'urgent'])[n % 4 + 1],
        CASE WHEN n % 5 > 0 THEN '2026-06-01Z'::timestamptz + n % 50 * interval '1 day' END,
        '2026-01-01Z'::timestamptz + n / 3 * interval '1 second', now(), 1, '[]'
    FROM generate_series(1, {}) AS n
"""


@pytest.fixture(params=PLACES)
def limit(request: pytest.FixtureRequest, member: Person, worker_database_url: str) -> int:
    """How many items a page shall have, after rows were added."""
    where, limit = PLACES[request.param]
    with psycopg.connect(worker_database_url) as connection:
        connection.execute(INSERT.format(where, ROWS).encode())
    return limit


def matching(url: str, order: str, where: str = "true") -> list[str]:
    """What is to be found, read from end to end."""
    query = (
        f"SELECT id FROM tasks WHERE title LIKE 'Grace%' AND {where} ORDER BY {order}"  # noqa: S608
    )
    with psycopg.connect(url) as connection:
        return [str(row_id) for (row_id,) in connection.execute(query.encode())]


@walking.walk("sort", {sort: sort for sort in ORDERS})
async def test_pages_hold_every_match_once_in_order(
    member: Person, worker_database_url: str, limit: int, sort: str
) -> None:
    walked = await walk(member, "/tasks", q="grace", sort=sort, limit=limit)

    assert [task["id"] for task in walked] == matching(worker_database_url, ORDERS[sort])


async def test_pages_by_relevance_hold_every_match_once(
    member: Person, worker_database_url: str, limit: int
) -> None:
    walked = await walk(member, "/tasks", q="grace", limit=limit)

    assert sorted(task["id"] for task in walked) == matching(worker_database_url, "id::text")


async def test_pages_hold_every_match_that_fits_the_filters(
    member: Person, worker_database_url: str, limit: int
) -> None:
    query = {"q": "grace", "status": "done", "priority": "urgent", "sort": "-created_at"}

    walked = await walk(member, "/tasks", limit=limit, **query)

    where = "status = 'done' AND priority = 'urgent'"
    wanted = matching(worker_database_url, ORDERS["-created_at"], where)
    assert [task["id"] for task in walked] == wanted
