import psycopg
import pytest
from psycopg import sql

from backend.seeds.customers import CUSTOMERS
from backend.seeds.executions import EXECUTIONS
from backend.seeds.files import FILES
from backend.seeds.leads import LEADS
from backend.seeds.model_configs import MODEL_CONFIGS
from backend.seeds.modules import MODULES
from backend.seeds.notifications import NOTIFICATIONS
from backend.seeds.output_schemas import SCHEMAS
from backend.seeds.products import PRODUCTS
from backend.seeds.prompts import PROMPTS
from backend.seeds.tasks import TASKS
from backend.seeds.users import USERS
from backend.seeds.workflows import WORKFLOWS
from backend.services.assistant.tools import AGENT_TOOLS
from tests.fixtures.processes import RunMvp, refusal
from tests.ids import short_id

DEFAULTS = {
    "model_configs": len(MODEL_CONFIGS),
    "tools": len(AGENT_TOOLS),
    "schemas": len(SCHEMAS),
    "templates": len(PROMPTS),
}
COUNTS = DEFAULTS | {
    "users": len(USERS),
    "customers": len(CUSTOMERS),
    "products": len(PRODUCTS),
    "leads": len(LEADS),
    "modules": len(MODULES),
    "tasks": len(TASKS),
    "files": len(FILES),
    "executions": len(EXECUTIONS),
    "workflows": len(WORKFLOWS),
    "notifications": len(NOTIFICATIONS),
}
SECRET = "a secret that is long enough for production"


def test_list_names_the_seeders_in_their_order(mvp: RunMvp) -> None:
    assert mvp("seed", "list").stdout.split() == list(COUNTS)


def test_all_adds_everything_once(mvp: RunMvp, fresh_database_url: str) -> None:
    first = mvp("seed", "all", DATABASE_URL=fresh_database_url)
    second = mvp("seed", "all", DATABASE_URL=fresh_database_url)

    assert first.stderr.splitlines() == [f"{name}: {n} added" for name, n in COUNTS.items()]
    assert second.stderr.splitlines() == [f"{name}: 0 added" for name in COUNTS]


def test_one_runs_a_single_seeder(mvp: RunMvp, fresh_database_url: str) -> None:
    mvp("seed", "one", "users", DATABASE_URL=fresh_database_url)

    with psycopg.connect(fresh_database_url) as connection:
        assert connection.execute("SELECT count(*) FROM users").fetchone() == (len(USERS),)
        assert connection.execute("SELECT count(*) FROM tasks").fetchone() == (0,)


def test_an_unknown_seeder_is_told_with_those_that_there_are(
    mvp: RunMvp, fresh_database_url: str
) -> None:
    line = refusal(mvp("seed", "one", "nonsense", DATABASE_URL=fresh_database_url))

    assert f"There is no seeder 'nonsense'. The seeders are: {', '.join(COUNTS)}." in line


def test_a_seeder_that_needs_another_first_says_which(mvp: RunMvp, fresh_database_url: str) -> None:
    line = refusal(mvp("seed", "one", "tasks", DATABASE_URL=fresh_database_url))

    assert "run `mvp seed one users` first" in line


@pytest.mark.parametrize("arguments", [("all",), ("one", "users")], ids=short_id)
def test_production_gets_no_examples(
    mvp: RunMvp, fresh_database_url: str, arguments: tuple[str, ...]
) -> None:
    production = {"ENVIRONMENT": "production", "SECRET_KEY": SECRET}
    line = refusal(mvp("seed", *arguments, DATABASE_URL=fresh_database_url, **production))

    assert f"ENVIRONMENT is production: only {', '.join(DEFAULTS) or 'none'} may run" in line
    assert _count(fresh_database_url, "users") == 0


def test_production_gets_the_defaults(mvp: RunMvp, fresh_database_url: str) -> None:
    production = {"ENVIRONMENT": "production", "SECRET_KEY": SECRET}
    url = {"DATABASE_URL": fresh_database_url}

    first = mvp("seed", "one", "templates", **url, **production)
    second = mvp("seed", "defaults", **url, **production)

    assert first.stderr.splitlines()[-1] == f"templates: {len(PROMPTS)} added"
    counts = DEFAULTS | {"templates": 0}
    assert second.stderr.splitlines()[-4:] == [f"{name}: {n} added" for name, n in counts.items()]
    assert _count(fresh_database_url, "users") == 0


def _count(url: str, table: str) -> int:
    with psycopg.connect(url) as connection:
        query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
        (count,) = connection.execute(query).fetchone() or (0,)
    return int(count)
