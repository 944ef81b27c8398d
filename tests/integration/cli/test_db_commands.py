import pytest

from backend.core.database import database_url
from tests.fixtures.processes import RunMvp


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
