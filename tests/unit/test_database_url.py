import pytest
from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr

from backend.core.config import ConfigurationError, DatabaseSettings
from backend.core.database import Database, database_url, libpq_url


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_the_schemes_of_all_hosts_are_understood(scheme: str) -> None:
    url = database_url(f"{scheme}://me:secret@db.example:5433/app?sslmode=require")

    assert url.drivername == "postgresql+psycopg"
    assert (url.host, url.port, url.database) == ("db.example", 5433, "app")
    assert url.query == {"sslmode": "require"}


@pytest.mark.parametrize(
    "url",
    [
        "",
        "no url",
        "mysql://db.example/app",
        "http://db.example",
        "://",
        "postgresql://h:abc/x",
        "postgresql://me:se@cret@db.example/app",
    ],
)
def test_anything_else_is_refused_with_the_remedy(url: str) -> None:
    with pytest.raises(ConfigurationError) as problem:
        database_url(url)

    assert str(problem.value) == (
        "DATABASE_URL is not a PostgreSQL URL: write postgresql://user:password@host/database, "
        "with %40 for @ in the password, and other special characters likewise"
    )


def test_libpq_reads_each_part_as_it_was_given() -> None:
    given = "postgresql://me:a%20b%2B%25%3F%40@db.example/app?options=-c%20search_path%3Dteam"

    read = conninfo_to_dict(libpq_url(DatabaseSettings(url=SecretStr(given))))

    assert read == conninfo_to_dict(given)
    assert (read["password"], read["options"]) == ("a b+%?@", "-c search_path=team")


def test_without_a_url_there_is_no_database() -> None:
    with pytest.raises(ConfigurationError, match="DATABASE_URL"):
        Database(DatabaseSettings(url=None))


def test_the_password_does_not_show_in_the_representation() -> None:
    database = Database(DatabaseSettings(url=SecretStr("postgresql://me:secret@db.example/app")))

    assert "secret" not in repr(database.engine)
