"""A page of one organisation reads its own rows alone, however many others there are."""

import re

import psycopg
import pytest

from backend.core.config import Settings
from backend.core.database import libpq_url, owner_url
from backend.core.scoped_database import ORGANISATION_SETTING

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
}
"""What follows WHERE."""


@pytest.mark.parametrize("name", PAGES)
def test_a_page_reads_rows_of_its_organisation_alone(divided: Settings, name: str) -> None:
    with psycopg.connect(owner_url(divided.database), autocommit=True) as owner:
        owner.execute(_FILL, {"organisations": ORGANISATIONS, "tasks": TASKS})
        owner.execute("VACUUM ANALYZE tasks")
    with psycopg.connect(libpq_url(divided.database)) as connection:
        connection.execute("SELECT set_config(%s, %s, true)", (ORGANISATION_SETTING, OWN))
        page = f"SELECT * FROM tasks WHERE {PAGES[name]} LIMIT 51"  # noqa: S608  # as written above
        explained = connection.execute(f"EXPLAIN (ANALYZE, BUFFERS OFF) {page}")

        plan = "\n".join(line for (line,) in explained)

    assert re.search(r"Index Cond: .*organisation_id = ", plan), plan
    assert "Rows Removed by Filter" not in plan, plan
    assert "Sort" not in plan, plan
