"""The migrations of the code, and Alembic, which is configured in pyproject.toml.

To import Alembic takes as long as to import FastAPI, as it brings all dialects of SQLAlchemy: it is
loaded where something is migrated, and not where a server only looks how new its database is.
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


def alembic_config(url: str | None = None) -> "Config":
    """Alembic's configuration. Commands that don't connect need no URL."""
    from alembic.config import Config  # noqa: PLC0415  # see above

    config = Config(toml_file=_ROOT / "pyproject.toml")
    config.attributes["url"] = url
    return config


def upgrade(url: str, revision: str = HEAD) -> None:
    """Apply migrations, all of them by default.

    Raises:
        ConfigurationError: Alembic refuses, as it does not know the revision of the database.
    """
    if revision == HEAD and _revisions_of(url) == head_revisions():
        return
    with alembic_errors():
        from alembic import command  # noqa: PLC0415  # see above

        command.upgrade(alembic_config(url), revision)


@contextmanager
def alembic_errors() -> Iterator[None]:
    """Turn what Alembic refuses into a ConfigurationError."""
    from alembic.util import CommandError  # noqa: PLC0415  # see above

    try:
        yield
    except CommandError as error:
        raise ConfigurationError(str(error)) from error


def head_revisions() -> frozenset[str]:
    """The newest migration in the code. Several, if branches have not been merged."""
    return frozenset(_named("revision")) - older_revisions()


def older_revisions() -> frozenset[str]:
    """All migrations in the code but the newest."""
    return frozenset(_named("down_revision"))


def _named(variable: str) -> Iterator[str]:
    """The revisions in a variable of the migrations, which are read and not run."""
    for file in (_ROOT / "alembic" / "versions").glob("*.py"):
        for name, value in _REVISION_LINE.findall(file.read_text("utf-8")):
            if name == variable:
                yield from _IDENTIFIERS.findall(value)


def _revisions_of(url: str) -> frozenset[str]:
    """The migration that the database is at; none before the first."""
    with psycopg.connect(url) as connection:
        try:
            found = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        except UndefinedTable:
            return frozenset()
    return frozenset(name for (name,) in found)
