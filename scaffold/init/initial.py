"""Writes one fresh migration in place of all others: nothing is deployed yet.

By itself, as `python -m scaffold.init.initial REVISION`, so that it reads the models that are left.
"""

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from alembic import command

from backend.cli.migrate import scratch_database
from backend.cli.runtime import plain_url, running_database
from backend.core.embedded_binaries import postgres_binary
from backend.core.migrations import alembic_config

VERSIONS = Path("alembic/versions")
_NOISE = re.compile(
    r"^(?:--.*|SET .*;|SELECT pg_catalog\.(?:set_config|setval).*;|\\(?:un)?restrict .*)\n",
    re.MULTILINE,
)
_CHOICE = re.compile(
    r"\(\((\w+)\)::text = ANY \(\(ARRAY\[((?:'[^']*'::character varying(?:, )?)+)\]\)::text\[\]\)\)"
)
_DROPPED = """
SELECT format('DROP TABLE %s CASCADE', oid::regclass) FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
UNION ALL
SELECT format('DROP SEQUENCE %s', c.oid::regclass) FROM pg_class c
WHERE relnamespace = 'public'::regnamespace AND relkind = 'S'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a', 'i'))
UNION ALL
SELECT format('DROP FUNCTION IF EXISTS %s CASCADE', p.oid::regprocedure) FROM pg_proc p
WHERE pronamespace = 'public'::regnamespace
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
UNION ALL
SELECT format('DROP TYPE IF EXISTS %s CASCADE', oid::regtype) FROM pg_type
WHERE typnamespace = 'public'::regnamespace AND (typtype IN ('e', 'd') OR EXISTS (
  SELECT FROM pg_class c WHERE c.oid = typrelid AND c.relkind = 'c'))
UNION ALL
SELECT format('DROP TEXT SEARCH CONFIGURATION IF EXISTS %I CASCADE', cfgname) FROM pg_ts_config
WHERE cfgnamespace = 'public'::regnamespace
UNION ALL
SELECT format('DROP COLLATION IF EXISTS %I CASCADE', collname) FROM pg_collation
WHERE collnamespace = 'public'::regnamespace
"""
_TEMPLATE = '''"""The schema

Revision: {revision}
Follows:
Created: {created}
"""

from collections.abc import Sequence
from pathlib import Path

from alembic import op

revision: str = "{revision}"
down_revision: str | Sequence[str] | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SCHEMA = Path(__file__).with_suffix(".sql")


def upgrade() -> None:
    connection = op.get_bind().connection.driver_connection
    connection.execute(_SCHEMA.read_text(encoding="utf-8"))


def downgrade() -> None:
{downgrade}
'''


def write_initial(revision: str) -> Path:
    """Return the path of the migration; its SQL stands beside it.

    Args:
        revision: that of the newest migration it replaces. What follows that one, as the next
            version of the project may bring it, follows the fresh one then.
    """
    with running_database() as settings, scratch_database(plain_url(settings)) as url:
        command.upgrade(alembic_config(url), "head")
        schema = _CHOICE.sub(_as_written, _dumped(url, "--schema-only"))
        # A database without them is of no use.
        rows = _dumped(url, "--data-only", "--column-inserts")
        with psycopg.connect(url) as connection:
            dropped = [line for (line,) in connection.execute(_DROPPED).fetchall()]
    for path in VERSIONS.iterdir():
        if path.suffix in {".py", ".sql"}:
            path.unlink()
    now = datetime.now(UTC)
    path = VERSIONS / f"{now:%Y%m%d_%H%M}_schema.py"
    path.with_suffix(".sql").write_text(re.sub(r"\n{3,}", "\n\n", schema + rows).strip() + "\n")
    lines = "\n".join(f"    op.execute({each!r})".replace("'", '"') for each in dropped)
    path.write_text(
        _TEMPLATE.format(
            revision=revision, created=f"{now:%Y-%m-%d %H:%M}:00+00:00", downgrade=lines
        )
    )
    return path


def _as_written(found: re.Match[str]) -> str:
    """PostgreSQL writes IN in another way, and would write that in a third one."""
    return f"({found[1]} IN ({found[2].replace('::character varying', '')}))"


def _dumped(url: str, *options: str) -> str:
    """Return SQL that makes what there is."""
    dump = str(postgres_binary("pg_dump") or "pg_dump")
    ours = ["--no-owner", "--no-privileges", "--exclude-table=alembic_version"]
    done = subprocess.run(
        [dump, *ours, *options, f"--dbname={url}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return _NOISE.sub("", done.stdout)


if __name__ == "__main__":
    sys.stdout.write(f"{write_initial(sys.argv[1])}\n")
