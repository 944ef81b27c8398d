"""Back through all migrations, and forth again."""

import psycopg
import pytest
from alembic import command
from alembic.script import Script

from backend.core.migrations import alembic_config
from backend.models.platform.base import metadata
from tests.integration.platform.test_migrations import REVISIONS, columns_of


def test_each_migration_can_be_taken_back_and_applied_again(
    empty_database_url: str, subtests: pytest.Subtests
) -> None:
    config = alembic_config(empty_database_url)
    schema_at = {"base": _schema(empty_database_url)}
    for revision in REVISIONS:
        with subtests.test(revision=revision.revision):
            parent = _parent(revision)
            if parent is not None:
                # Takes back what another branch has added.
                command.downgrade(config, parent)
            command.upgrade(config, revision.revision)
            schema_at[revision.revision] = _schema(empty_database_url)
            if parent is not None:
                command.downgrade(config, parent)
                assert _schema(empty_database_url) == schema_at[parent]

                command.upgrade(config, revision.revision)
                assert _schema(empty_database_url) == schema_at[revision.revision]


def _parent(revision: Script) -> str | None:
    """None for what only joins branches."""
    before = revision.down_revision or "base"
    return before if isinstance(before, str) else None


def _schema(url: str) -> list[tuple[str, ...]]:
    """Columns, indexes and constraints."""
    with psycopg.connect(url) as connection:
        others = connection.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%(tables)s)"
            " UNION ALL SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid::regclass::text = ANY(%(tables)s)",
            {"tables": list(metadata.tables)},
        ).fetchall()
    return sorted([*columns_of(url), *others])
