"""The migrations of the code, and Alembic, which is configured in pyproject.toml.

Importing Alembic takes as long as importing FastAPI, as it loads all dialects of SQLAlchemy: it is
imported where something is migrated, not where a server only checks the revision of its database.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg.errors import UndefinedTable

from backend.core.config import ConfigurationError

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "head"
_ROOT = Path(__file__).parents[2]
_REVISION_LINE = re.compile(r"^(revision|down_revision)\b[^=]*=(.*)$", re.MULTILINE)
_IDENTIFIERS = re.compile(r"""["'](\w+)["']""")

REPLACED_REVISIONS = frozenset(
    {
        "9e84c6c28d11",
        "08236bbe6456",
        "ec8ae697c44d",
        "0d8a0eb6ba0e",
        "5d0c61f1a7be",
        "d4ad92863683",
        "ebcd4476e155",
        "5d0b7f1c92ae",
        "768d718308d6",
        "bc6fa28a648f",
        "61af9cf65234",
        "4c74905d22d0",
        "b61333a7e9f5",
        "99097bdd9e18",
        "4d8dd351234e",
        "5707feb5b79e",
        "b4d792810c74",
        "7b1c5e0f2a94",
    }
)
"""Migrations from before they were squashed. The last of them is not listed: what replaces them
makes the same schema, under the same revision."""


def alembic_config(url: str | None = None) -> "Config":
    """Return Alembic's configuration. Commands that don't connect need no URL."""
    from alembic.config import Config  # noqa: PLC0415  # see above

    config = Config(toml_file=_ROOT / "pyproject.toml")
    config.attributes["url"] = url
    return config


def upgrade(url: str, revision: str = HEAD) -> None:
    """Apply migrations, all of them by default.

    Raises:
        ConfigurationError: the code does not have the revision of the database, or `revision`, or
            its migrations have several heads.
    """
    found = check_revision(url)
    if revision == HEAD:
        require_joined()
        if found == head_revisions():
            return
    with alembic_errors():
        from alembic import command  # noqa: PLC0415  # see above

        command.upgrade(alembic_config(url), revision)


def check_revision(url: str) -> frozenset[str]:
    """Return the migration that the database is at; empty before the first.

    Raises:
        ConfigurationError: the code does not have it, because it was replaced or is newer.
    """
    found = _revisions_of(url)
    if replaced := found & REPLACED_REVISIONS:
        raise ConfigurationError(
            f"The database is at revision {', '.join(replaced)}, from before the migrations "
            "were squashed: run `mvp migrate upgrade` with the last code before that first, or "
            "begin with an empty database; docs/develop/migrations.md says how"
        )
    if unknown := found - frozenset(_named("revision")):
        raise ConfigurationError(
            f"The database is at revision {', '.join(unknown)}, which this code does not have: "
            "use the code that migrated the database"
        )
    return found


@contextmanager
def alembic_errors() -> Iterator[None]:
    """Turn Alembic's CommandError into a ConfigurationError."""
    from alembic.util import CommandError  # noqa: PLC0415  # see above

    try:
        yield
    except CommandError as error:
        told = str(error)
        if told == "Ambiguous walk":
            told = "several migrations come before that one: name the one to go to, not a number"
        raise ConfigurationError(told) from error


def head_revisions() -> frozenset[str]:
    """Return the newest migration in the code; several if branches have not been merged."""
    return frozenset(_named("revision")) - older_revisions()


def require_joined() -> None:
    """Raises ConfigurationError if there are several newest migrations in the code.

    That is so after branches that each added one were merged in Git.
    """
    heads = sorted(head_revisions())
    if len(heads) > 1:
        raise ConfigurationError(
            f"The migrations have {len(heads)} heads, {' and '.join(heads)}, as branches were "
            "merged: run `mvp migrate merge`, and commit the file that it writes"
        )


def older_revisions() -> frozenset[str]:
    """Return all migrations in the code except the newest."""
    return frozenset(_named("down_revision"))


def _named(variable: str) -> Iterator[str]:
    """Yield the revisions in a variable of the migration files, which are parsed, not imported."""
    for file in (_ROOT / "alembic" / "versions").glob("*.py"):
        for name, value in _REVISION_LINE.findall(file.read_text("utf-8")):
            if name == variable:
                yield from _IDENTIFIERS.findall(value)


def _revisions_of(url: str) -> frozenset[str]:
    """Return the current migration of the database; empty before the first."""
    with psycopg.connect(url) as connection:
        try:
            found = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        except UndefinedTable:
            return frozenset()
    return frozenset(name for (name,) in found)
