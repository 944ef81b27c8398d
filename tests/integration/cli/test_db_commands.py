from pathlib import Path

import pytest

from backend.core.database import database_url
from backend.seeds.users import USERS
from tests.fixtures.processes import RunMvp, postgres_runs


@pytest.mark.parametrize("separator", [["--"], []])
def test_shell_hands_its_arguments_to_psql(
    mvp: RunMvp, fresh_database_url: str, separator: list[str]
) -> None:
    asked = ("-At", "-c", "select current_database()")

    done = mvp("db", "shell", *separator, *asked, DATABASE_URL=fresh_database_url)

    assert done.stdout.strip() == database_url(fresh_database_url).database
    assert done.returncode == 0


def test_shell_ends_with_the_exit_code_of_psql(mvp: RunMvp, fresh_database_url: str) -> None:
    done = mvp("db", "shell", "-c", "select nonsense", DATABASE_URL=fresh_database_url)

    assert done.returncode == 1


def test_without_a_database_url_the_embedded_postgres_runs_as_long_as_the_command(
    mvp: RunMvp, data_dir: Path
) -> None:
    done = mvp("db", "shell", "-At", "-c", "select count(*) from users", DATA_DIR=str(data_dir))

    assert done.stdout.strip() == str(len(USERS))
    assert not postgres_runs(data_dir)
