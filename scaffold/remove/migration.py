"""Writes the migration that drops what no model describes any more.

By itself, as `python -m scaffold.remove.migration MESSAGE ENUMERATIONS`, so that it reads the
models that are left; the enumerations are those from before, as JSON. Alembic's autogenerate drops
a table before the foreign keys that refer to it, and does not see that a dropped column takes along
the CHECK constraints that read it.
"""

import json
import re
import sys
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

import backend.models  # noqa: F401  # registers the tables
from backend.cli.migrate import scratch_database
from backend.cli.runtime import plain_url, running_database
from backend.core.database import database_url
from backend.core.migrations import alembic_config
from backend.models.platform.base import metadata
from scaffold.remove.catalog import referring_first, stored
from scaffold.remove.enumerations import Values, clean_up

_ALEMBIC = {"alembic_version"}
_SHORT = 80
_LINES = re.MULTILINE | re.DOTALL


def write_migration(message: str, before: Values) -> Path | None:
    """Return the path of the new migration; None if nothing is to be dropped."""
    with running_database() as settings, scratch_database(plain_url(settings)) as url:
        config = alembic_config(url)
        command.upgrade(config, "head")
        engine = sa.create_engine(database_url(url), poolclass=sa.NullPool)
        with engine.connect() as connection:
            up, down = _changes(connection)
        up = clean_up(before) + up
        if not up:
            return None
        made = command.revision(config, message)
        path = Path(str(getattr(made, "path", None) or _newest(config)))
        path.write_text(_filled(path.read_text(), up, down))
        return path


def _newest(config: object) -> str:
    script = ScriptDirectory.from_config(config)  # type: ignore[arg-type]  # it is one of Alembic's
    revision = script.get_revision(script.get_current_head() or "")
    return str(revision.path)


def _changes(connection: sa.Connection) -> tuple[list[str], list[str]]:
    names = set(sa.inspect(connection).get_table_names()) - _ALEMBIC
    known = {name for name in names if not name.startswith("procrastinate_")}
    gone = referring_first([stored(connection, name) for name in known - {*metadata.tables}])
    kept = [stored(connection, name) for name in sorted(known & {*metadata.tables})]
    up, down = list[str](), list[str]()
    for table in kept:
        columns = {*table.columns} - {*metadata.tables[table.name].columns.keys()}
        lost = {each.name for each in table.constraints_of(columns) if each.kind == "c"}
        again = _checks(table.name, lost)
        up += [f"ALTER TABLE {table.name} DROP COLUMN {name}" for name in sorted(columns)]
        up += again.values()
        down += [f"ALTER TABLE {table.name} DROP CONSTRAINT {name}" for name in again]
        down += table.creation_of(columns)
    up += [f"DROP TABLE {table.name}" for table in gone]
    creation = [line for table in reversed(gone) for line in table.creation()]
    return up, creation + down


def _checks(table: str, names: set[str]) -> dict[str, str]:
    """Return by name what makes CHECK constraints as the models have them now."""
    return {
        str(each.name): f"ALTER TABLE {table} ADD CONSTRAINT {each.name} CHECK ({each.sqltext})"
        for each in metadata.tables[table].constraints
        if isinstance(each, sa.CheckConstraint) and str(each.name) in names
    }


def _filled(template: str, up: list[str], down: list[str]) -> str:
    head, _, rest = template.partition("def upgrade() -> None:\n    pass")
    _, _, end = rest.partition("def downgrade() -> None:\n    pass")
    upgrade = f"def upgrade() -> None:\n{_executed(up)}\n"
    downgrade = f"def downgrade() -> None:\n{_executed(down)}"
    body = f"{head}{upgrade}\n\n{downgrade}{end}"
    imports = "from collections.abc import Sequence\n\nfrom alembic import op\n"
    return re.sub(
        r"^from collections.*?(?=\n\nrevision)", imports.rstrip(), body, count=1, flags=_LINES
    )


def _executed(statements: list[str]) -> str:
    return "\n".join(f"    op.execute({_literal(each)})" for each in statements)


def _literal(statement: str) -> str:
    if "\n" not in statement and len(statement) < _SHORT:
        return repr(statement).replace("'", '"') if "'" not in statement else repr(statement)
    return f'"""\n{statement}\n"""'


if __name__ == "__main__":
    written = write_migration(sys.argv[1], json.loads(sys.argv[2]))
    sys.stdout.write(f"{written or ''}\n")
