import psycopg
import pytest
from psycopg.rows import dict_row

from backend.cli.runtime import with_units_of_work
from backend.core.api_keys import is_intact
from backend.core.permissions import Role
from backend.core.scopes import FIRST
from backend.core.security import token_hash
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from tests.factories import make_user
from tests.fixtures.application import make_settings
from tests.fixtures.processes import RunMvp, refusal

GRACE = "grace@example.com"


@pytest.fixture
def url(fresh_database_url: str) -> str:
    """Of a database in which there is Grace, a member."""
    grace = make_user(email=GRACE, role=Role.MEMBER)

    async def save(uow: SqlUnitOfWorkFactory) -> None:
        async with uow(FIRST) as unit:
            await unit.users.save(grace)
            await unit.commit()

    with_units_of_work(make_settings(fresh_database_url), save)
    return fresh_database_url


def keys(url: str) -> list[dict[str, object]]:
    with psycopg.connect(url, row_factory=dict_row) as connection:
        return connection.execute(
            "SELECT api_keys.*, users.email, users.role, users.is_service"
            " FROM api_keys JOIN users ON users.id = user_id ORDER BY api_keys.id"
        ).fetchall()


def test_a_key_of_a_user_is_printed_alone(mvp: RunMvp, url: str) -> None:
    narrowed = ("--permission", "tasks:read", "--permission", "leads:read", "--days", "30")
    made = mvp(
        "key", "create", "Report", "--user", "Grace@Example.com", *narrowed, DATABASE_URL=url
    )

    key = made.stdout.removesuffix("\n")
    [row] = keys(url)
    assert is_intact(key)
    assert row["token_hash"] == token_hash(key)
    assert (row["email"], row["permissions"]) == (GRACE, ["leads:read", "tasks:read"])
    assert row["expires_at"] is not None


def test_a_service_key_is_listed_and_revoked(mvp: RunMvp, url: str) -> None:
    mvp("key", "create", "The shop [/]", "--role", "manager", DATABASE_URL=url)
    [row] = keys(url)

    listed = mvp("key", "list", DATABASE_URL=url)
    done = mvp("key", "revoke", str(row["id"]), DATABASE_URL=url)
    again = mvp("key", "revoke", str(row["id"]), DATABASE_URL=url)

    assert listed.stdout.splitlines() == [
        f"{row['id']}  {row['starts_with']}  The shop [/]",
        "    service (manager); all permissions; never expires; never used",
    ]
    assert done.stdout == f"{row['id']} is revoked.\n"
    assert "There is no API key" in refusal(again)
    assert "The shop" not in mvp("key", "list", DATABASE_URL=url).stdout


def test_list_says_when_there_are_more(mvp: RunMvp, url: str) -> None:
    for name in ("one", "two"):
        mvp("key", "create", name, "--user", GRACE, DATABASE_URL=url)

    assert "more than these 1." in mvp("key", "list", "--limit", "1", DATABASE_URL=url).stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Give either --user or --role."),
        (("--user", GRACE, "--role", "viewer"), "Give either --user or --role."),
        (("--user", "nobody@example.com"), "no user with the e-mail address nobody@example.com"),
        (("--user", GRACE, "--permission", "tasks:delete"), "role member does not have"),
    ],
)
def test_a_key_that_can_not_be_made_says_why(
    mvp: RunMvp, url: str, arguments: tuple[str, ...], said: str
) -> None:
    refused = mvp("key", "create", "Report", *arguments, DATABASE_URL=url)

    assert said in refusal(refused)
    assert keys(url) == []
