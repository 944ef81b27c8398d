"""The command line where there are many organisations, with a role of the program's own."""

import re

import pytest
from sqlalchemy.engine import make_url

from tests.factories import PASSWORD
from tests.fixtures.organisations import PROGRAM, PROGRAM_PASSWORD
from tests.fixtures.processes import RunMvp


@pytest.fixture
def many(fresh_database_url: str) -> dict[str, str]:
    program = make_url(fresh_database_url).set(username=PROGRAM, password=PROGRAM_PASSWORD)
    return {
        "ORGANISATIONS": "many",
        "DATABASE_URL": program.render_as_string(hide_password=False),
        "DATABASE_OWNER_URL": fresh_database_url,
        "MVP_PASSWORD": PASSWORD,
    }


def test_one_becomes_many_by_setting_and_migration(
    run_mvp: RunMvp, fresh_database_url: str, many: dict[str, str]
) -> None:
    one = {"DATABASE_URL": fresh_database_url, "MVP_PASSWORD": PASSWORD}
    assert run_mvp("user", "create", "ada@example.com", "--role", "admin", **one).returncode == 0
    early = run_mvp("user", "list", **many)
    assert "run `mvp migrate upgrade`" in early.stderr

    assert run_mvp("migrate", "upgrade", **many).returncode == 0

    assert "ada@example.com" in run_mvp("user", "list", **many).stdout
    created = run_mvp("organisation", "create", "Acme", **many)
    [organisation] = re.findall(r"Created Acme: (\S+)", created.stdout)
    joined = run_mvp("organisation", "join", organisation, "ada@example.com", **many)
    assert joined.returncode == 0, joined.stderr
    of_acme = ("--organisation", organisation)
    opened = run_mvp("user", "create", "bob@example.com", *of_acme, **many)
    assert opened.returncode == 0, opened.stderr
    assert run_mvp("user", "set-role", "bob@example.com", "manager", *of_acme, **many).stdout
    members = run_mvp("user", "list", *of_acme, **many).stdout
    assert re.findall(r"(ada|bob)@\S+.*?(admin|manager|viewer)", members) == [
        ("bob", "manager"),
        ("ada", "viewer"),
    ]
    assert "bob@example.com" not in run_mvp("user", "list", **many).stdout
    key = run_mvp("key", "create", "Report", "--role", "member", *of_acme, **many)
    assert key.stdout.startswith("mvp_")
    assert "service (member)" in run_mvp("key", "list", *of_acme, **many).stdout
    assert "Report" not in run_mvp("key", "list", **many).stdout

    back = run_mvp("migrate", "upgrade", **one)
    assert "there are 2 organisations" in back.stderr
    assert run_mvp("organisation", "delete", organisation, "--yes", **many).returncode == 0
    assert run_mvp("migrate", "upgrade", **one).returncode == 0
    assert "ada@example.com" in run_mvp("user", "list", **one).stdout


def test_the_program_does_not_start_as_the_owner_of_the_tables(
    run_mvp: RunMvp, fresh_database_url: str, many: dict[str, str]
) -> None:
    assert run_mvp("migrate", "upgrade", **many).returncode == 0
    as_owner = many | {"DATABASE_URL": fresh_database_url}

    for command in (("serve", "--no-worker"), ("worker",), ("user", "list")):
        refused = run_mvp(*command, **as_owner, MIGRATE_ON_START="false")

        assert refused.returncode != 0
        assert "the role of the program is a superuser" in refused.stderr


def test_there_are_no_others_where_there_is_one(run_mvp: RunMvp, fresh_database_url: str) -> None:
    refused = run_mvp("organisation", "create", "Acme", DATABASE_URL=fresh_database_url)

    assert "ORGANISATIONS=one: set it to many" in refused.stderr
