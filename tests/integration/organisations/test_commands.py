"""The command line where there are many organisations, with a role of the program's own."""

import re
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from filelock import FileLock
from sqlalchemy.engine import make_url

from tests.factories import PASSWORD
from tests.fixtures.organisations import PROGRAM, PROGRAM_PASSWORD
from tests.fixtures.processes import RunMvp, refusal


@pytest.fixture
def many(fresh_database_url: str) -> dict[str, str]:
    program = make_url(fresh_database_url).set(username=PROGRAM, password=PROGRAM_PASSWORD)
    return {
        "ORGANISATIONS": "many",
        "DATABASE_URL": program.render_as_string(hide_password=False),
        "DATABASE_OWNER_URL": fresh_database_url,
        "MVP_PASSWORD": PASSWORD,
    }


@pytest.fixture
def migrate(mvp: RunMvp, run_folder: Path) -> RunMvp:
    """Roles belong to the server, which all processes of a test run share."""

    def run(*arguments: str, **settings: str) -> CompletedProcess[str]:
        with FileLock(run_folder / "roles.lock"):
            return mvp("migrate", "upgrade", *arguments, **settings)

    return run


def test_one_becomes_many_and_one_again_by_setting_and_migration(
    mvp: RunMvp, migrate: RunMvp, fresh_database_url: str, many: dict[str, str]
) -> None:
    one = {"DATABASE_URL": fresh_database_url, "MVP_PASSWORD": PASSWORD}
    assert mvp("user", "create", "ada@example.com", "--role", "admin", **one).returncode == 0
    early = mvp("user", "list", **many)
    assert "run `mvp migrate upgrade`" in early.stderr

    assert migrate(**many).returncode == 0

    assert "ada@example.com" in mvp("user", "list", **many).stdout
    [organisation] = created(mvp, many)
    program = {**many, "ORGANISATIONS": "one", "MIGRATE_ON_START": "false"}
    for command in (("files", "clean"), ("worker",), ("serve", "--port", "0")):
        assert "ORGANISATIONS=one: the database keeps" in refusal(mvp(*command, **program))
    back = migrate(**one)
    assert "there are 2 organisations" in back.stderr
    assert mvp("organisation", "delete", organisation, "--yes", **many).returncode == 0
    assert migrate(**one).returncode == 0
    assert "ada@example.com" in mvp("user", "list", **one).stdout


def created(mvp: RunMvp, many: dict[str, str]) -> list[str]:
    made = mvp("organisation", "create", "Acme", **many)
    return re.findall(r"Created Acme: (\S+)", made.stdout)


def test_commands_are_for_one_organisation(
    mvp: RunMvp, migrate: RunMvp, many: dict[str, str]
) -> None:
    assert migrate(**many).returncode == 0
    assert mvp("user", "create", "ada@example.com", **many).returncode == 0
    [organisation] = created(mvp, many)
    of_acme = ("--organisation", organisation)

    joined = mvp("organisation", "join", organisation, "ada@example.com", **many)
    opened = mvp("user", "create", "bob@example.com", *of_acme, **many)
    changed = mvp("user", "set-role", "bob@example.com", "manager", *of_acme, **many)
    key = mvp("key", "create", "Report", "--role", "member", *of_acme, **many)

    nameless = mvp("organisation", "create", "", **many)
    assert (nameless.returncode, nameless.stdout) == (2, "")
    assert "name: " in nameless.stderr
    for done in (joined, opened, changed, key):
        assert done.returncode == 0, done.stderr
    members = mvp("user", "list", *of_acme, **many).stdout
    assert re.findall(r"(ada|bob)@\S+.*?(admin|manager|viewer)", members) == [
        ("bob", "manager"),
        ("ada", "viewer"),
    ]
    assert "bob@example.com" not in mvp("user", "list", **many).stdout
    assert "service (member)" in mvp("key", "list", *of_acme, **many).stdout
    assert "Report" not in mvp("key", "list", **many).stdout


def test_the_program_does_not_start_as_the_owner_of_the_tables(
    mvp: RunMvp, migrate: RunMvp, fresh_database_url: str, many: dict[str, str]
) -> None:
    assert migrate(**many).returncode == 0
    as_owner = many | {"DATABASE_URL": fresh_database_url}

    for command in (("serve", "--no-worker"), ("worker",), ("user", "list")):
        refused = mvp(*command, **as_owner, MIGRATE_ON_START="false")

        assert refused.returncode != 0
        assert "the role of the program is a superuser" in refused.stderr


def test_there_are_no_others_where_there_is_one(mvp: RunMvp, fresh_database_url: str) -> None:
    refused = mvp("organisation", "create", "Acme", DATABASE_URL=fresh_database_url)

    assert "ORGANISATIONS=one: set it to many" in refused.stderr
