import psycopg
import pytest

from tests.fixtures.processes import RunMvp, refusal

FOUND = "SELECT count(*) FROM tasks WHERE search @@ search_query('running ')"


@pytest.fixture
def url(fresh_database_url: str) -> str:
    """A database with a task that runs."""
    with psycopg.connect(fresh_database_url) as connection:
        connection.execute(
            "INSERT INTO tasks (id, title, description, status, priority, checklist, created_at,"
            " updated_at, version) VALUES (gen_random_uuid(), 'It runs', '', 'open', 'normal',"
            " '[]', now(), now(), 7)"
        )
    return fresh_database_url


def found(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(FOUND).fetchone()
    assert row is not None
    return int(row[0])


def test_rows_that_are_there_are_found_by_the_rules_of_another_language(
    mvp: RunMvp, url: str
) -> None:
    assert found(url) == 0

    mvp("migrate", "upgrade", DATABASE_URL=url, SEARCH_CONFIGURATION="english")
    assert found(url) == 1

    mvp("migrate", "upgrade", DATABASE_URL=url)
    assert found(url) == 0


def test_the_change_moves_no_version(mvp: RunMvp, url: str) -> None:
    mvp("migrate", "upgrade", DATABASE_URL=url, SEARCH_CONFIGURATION="english")

    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT version FROM tasks").fetchone() == (7,)


def test_an_unknown_configuration_is_named_with_those_that_there_are(mvp: RunMvp, url: str) -> None:
    line = refusal(mvp("migrate", "upgrade", DATABASE_URL=url, SEARCH_CONFIGURATION="klingon"))

    assert (
        "SEARCH_CONFIGURATION: the database has no configuration 'klingon'; choose one of arabic"
        in line
    )


def test_a_database_before_the_search_is_left_alone(mvp: RunMvp, empty_database_url: str) -> None:
    done = mvp(
        *("migrate", "upgrade", "base"),
        DATABASE_URL=empty_database_url,
        SEARCH_CONFIGURATION="english",
    )

    assert done.returncode == 0, done.stderr
