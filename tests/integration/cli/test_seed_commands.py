import psycopg

from backend.seeds.customers import CUSTOMERS
from backend.seeds.executions import EXECUTIONS
from backend.seeds.files import FILES
from backend.seeds.leads import LEADS
from backend.seeds.modules import MODULES
from backend.seeds.notifications import NOTIFICATIONS
from backend.seeds.products import PRODUCTS
from backend.seeds.tasks import TASKS
from backend.seeds.users import USERS
from tests.fixtures.processes import RunMvp, refusal

COUNTS = {
    "users": len(USERS),
    "customers": len(CUSTOMERS),
    "products": len(PRODUCTS),
    "leads": len(LEADS),
    "modules": len(MODULES),
    "tasks": len(TASKS),
    "files": len(FILES),
    "executions": len(EXECUTIONS),
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

    assert f"There is no seeder 'nonsense'; there are: {', '.join(COUNTS)}." in line


def test_a_seeder_that_needs_another_first_says_which(mvp: RunMvp, fresh_database_url: str) -> None:
    line = refusal(mvp("seed", "one", "tasks", DATABASE_URL=fresh_database_url))

    assert "run `mvp seed one users` first" in line


def test_production_is_not_seeded(mvp: RunMvp, fresh_database_url: str) -> None:
    line = refusal(
        mvp(
            *("seed", "all"),
            DATABASE_URL=fresh_database_url,
            ENVIRONMENT="production",
            SECRET_KEY=SECRET,
        )
    )

    assert "ENVIRONMENT is production" in line
