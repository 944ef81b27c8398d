import asyncio
from io import StringIO

import psycopg
import pytest
from psycopg.rows import dict_row

from backend.cli.runtime import with_units_of_work
from backend.core.passwords import PasswordHasher
from backend.core.permissions import Role
from backend.core.scopes import SYSTEM
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from tests.factories import make_user
from tests.fixtures.application import make_settings
from tests.fixtures.processes import RunMvp, refusal

ADA = "ada@example.com"
GRACE = "grace@example.com"
NEW = "katherine@example.com"
PASSWORD = "analytical engine"


@pytest.fixture
def url(fresh_database_url: str) -> str:
    """Of a database in which there are Ada, the only admin, and Grace, a viewer."""
    ada = make_user(email=ADA, full_name="Ada [/] King :cat:", role=Role.ADMIN)
    grace = make_user(email=GRACE, role=Role.VIEWER)

    async def save(uow: SqlUnitOfWorkFactory) -> None:
        async with uow(SYSTEM) as unit:
            await unit.users.save(ada)
            await unit.users.save(grace)
            await unit.commit()

    with_units_of_work(make_settings(fresh_database_url), save)
    return fresh_database_url


def test_a_created_user_has_the_name_the_role_and_the_password(mvp: RunMvp, url: str) -> None:
    done = mvp(
        *("user", "create", NEW, "--role", "member", "--name", "Katherine Johnson"),
        DATABASE_URL=url,
        MVP_PASSWORD=PASSWORD,
    )

    assert done.stdout == f"Created {NEW} as member.\n"
    user = _user(url, NEW)
    assert (user["full_name"], user["role"]) == ("Katherine Johnson", "member")
    assert asyncio.run(PasswordHasher().verify(PASSWORD, str(user["password_hash"])))


def test_a_password_counts_in_its_normal_form(mvp: RunMvp, url: str) -> None:
    typed, short = "a\N{COMBINING DIAERESIS}" * 8, "a\N{COMBINING DIAERESIS}" * 7

    refused = mvp("user", "create", NEW, DATABASE_URL=url, MVP_PASSWORD=short)
    mvp("user", "create", NEW, DATABASE_URL=url, MVP_PASSWORD=typed)

    assert "at least 8 characters" in refusal(refused)
    assert asyncio.run(PasswordHasher().verify("ä" * 8, str(_user(url, NEW)["password_hash"])))


def test_list_shows_names_as_they_are(mvp: RunMvp, url: str) -> None:
    listed = mvp("user", "list", DATABASE_URL=url)

    [row] = [line for line in listed.stdout.splitlines() if ADA in line]
    assert [cell.strip() for cell in row.split("│")[1:-1]] == [
        ADA,
        "Ada [/] King :cat:",
        "admin",
        "yes",
    ]


def test_list_says_when_there_are_more(mvp: RunMvp, url: str) -> None:
    listed = mvp("user", "list", "--limit", "1", DATABASE_URL=url)

    assert "There are more than these 1." in listed.stdout


def test_reset_factors_removes_what_somebody_has_lost(mvp: RunMvp, url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE users SET second_factor_at = now() WHERE email = %s", [GRACE])
        connection.execute(
            "INSERT INTO passkeys (id, user_id, name, credential_id, public_key, sign_count,"
            " is_backed_up, created_at) SELECT gen_random_uuid(), id, 'Lost', 'x', 'x', 0, false,"
            " now() FROM users WHERE email = %s",
            [GRACE],
        )

    done = mvp("user", "reset-factors", "Grace@Example.com", DATABASE_URL=url)
    again = mvp("user", "reset-factors", GRACE, DATABASE_URL=url)

    assert "no passkeys any more, signs in by password alone" in " ".join(done.stdout.split())
    assert _user(url, GRACE)["second_factor_at"] is None
    assert "has no second factor, and no passkey" in refusal(again)
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM passkeys").fetchone() == (0,)


def test_set_role_gives_another_role(mvp: RunMvp, url: str) -> None:
    done = mvp("user", "set-role", "Grace@Example.com", "manager", DATABASE_URL=url)

    assert done.stdout == "grace@example.com is now manager.\n"
    assert _user(url, GRACE)["role"] == "manager"


def test_deactivate_locks_the_user_out(mvp: RunMvp, url: str) -> None:
    done = mvp("user", "deactivate", GRACE, DATABASE_URL=url)

    assert done.stdout == "grace@example.com is deactivated.\n"
    assert _user(url, GRACE)["is_active"] is False


def test_reset_password_sets_the_new_one(mvp: RunMvp, url: str) -> None:
    done = mvp("user", "reset-password", ADA, DATABASE_URL=url, MVP_PASSWORD="a newer engine")

    assert done.returncode == 0
    hashed = str(_user(url)["password_hash"])
    assert asyncio.run(PasswordHasher().verify("a newer engine", hashed))


@pytest.mark.parametrize(
    ("arguments", "password", "reason"),
    [
        (["create", ADA], PASSWORD, "A user with this e-mail address already exists."),
        (["create", NEW], "2 short", "password: String should have at least 8"),
        (["create", "nobody"], PASSWORD, "email: value is not a valid email address"),
        (["reset-password", ADA], "2 short", "password: String should have at least 8"),
        (["reset-password", "[/]"], PASSWORD, "There is no user with the e-mail address [/]."),
        (["set-role", NEW, "viewer"], "", "There is no user with the e-mail address"),
        (["set-role", ADA, "viewer"], "", "This is the last active admin; make another user"),
        (["deactivate", NEW], "", "There is no user with the e-mail address kath"),
        (["deactivate", ADA], "", "This is the last active admin; make another user admin"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_line(
    mvp: RunMvp, url: str, arguments: list[str], password: str, reason: str
) -> None:
    before = _user(url)

    line = refusal(mvp("user", *arguments, DATABASE_URL=url, MVP_PASSWORD=password))

    assert reason in line
    assert _user(url) == before


def test_a_database_without_tables_is_told_with_the_remedy(
    mvp: RunMvp, empty_database_url: str
) -> None:
    line = refusal(mvp("user", "list", DATABASE_URL=empty_database_url))

    assert "The database is not at the newest migration; run `mvp migrate upgrade`" in line


def _user(url: str, email: str = ADA) -> dict[str, object]:
    with psycopg.connect(url, row_factory=dict_row) as connection:
        found = connection.execute("SELECT * FROM users WHERE email = %s", [email]).fetchone()
    assert found is not None
    return found


def test_an_account_is_erased_at_once(mvp: RunMvp, url: str) -> None:
    done = mvp("user", "erase", GRACE, "--yes", "--pass-to", ADA, DATABASE_URL=url)

    assert done.stdout == f"{GRACE} is erased.\n"
    with psycopg.connect(url, row_factory=dict_row) as connection:
        users = connection.execute("SELECT email FROM users").fetchall()
    assert GRACE not in {user["email"] for user in users}


def test_the_last_admin_is_not_erased(mvp: RunMvp, url: str) -> None:
    assert "last active admin" in refusal(mvp("user", "erase", ADA, "--yes", DATABASE_URL=url))


def test_nothing_is_erased_without_a_yes(
    mvp: RunMvp, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("n\n"))

    mvp("user", "erase", GRACE, DATABASE_URL=url)

    assert _user(url, GRACE)["is_active"] is True
