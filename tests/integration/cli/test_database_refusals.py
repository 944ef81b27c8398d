"""What the database refuses is told in a line, whichever command it is."""

import psycopg
from psycopg.errors import UndefinedFunction
from sqlalchemy.exc import DBAPIError

from backend.cli.refusals import why_refused
from tests.fixtures.processes import RunMvp, refusal

CREATE = ("user", "create", "ada@example.com")
PASSWORD = "analytical engine"


def test_a_database_that_can_only_be_read_is_named(mvp: RunMvp, read_only_url: str) -> None:
    line = refusal(mvp(*CREATE, DATABASE_URL=read_only_url, MVP_PASSWORD=PASSWORD))

    assert "DATABASE_URL: the database can only be read (cannot execute INSERT in a" in line


def test_a_database_that_others_have_locked_is_worth_another_try(
    mvp: RunMvp, fresh_database_url: str
) -> None:
    with psycopg.connect(fresh_database_url) as holder:
        holder.execute("LOCK TABLE users")
        settings = {"DATABASE_LOCK_TIMEOUT_SECONDS": "1"}
        line = refusal(mvp("user", "list", DATABASE_URL=fresh_database_url, **settings))

    assert "DATABASE_URL: the database did not do it (canceling statement due to lock" in line
    assert line.endswith("; try again")


def test_a_database_of_another_program_is_not_migrated(
    mvp: RunMvp, empty_database_url: str
) -> None:
    with psycopg.connect(empty_database_url) as connection:
        connection.execute("CREATE TABLE users (id int)")

    line = refusal(mvp("migrate", "upgrade", DATABASE_URL=empty_database_url))

    assert 'something that migrations would create (relation "users" already exists)' in line


def test_a_mistake_of_the_program_is_told_with_its_trace() -> None:
    assert why_refused(UndefinedFunction("function f() does not exist")) is None
    assert why_refused(DBAPIError("SELECT f()", None, UndefinedFunction())) is None
