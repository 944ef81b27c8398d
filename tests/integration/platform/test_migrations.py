from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, create_engine

from backend.core import migrations
from backend.core.config import ConfigurationError
from backend.core.database import database_url
from backend.core.migrations import (
    alembic_config,
    head_revisions,
    older_revisions,
    require_joined,
)
from backend.models.platform.base import metadata

BEFORE_THE_NEW_NAMES = "89c53bf98596"
OLD_ROWS = """
    INSERT INTO users (id, email, full_name, password_hash, role, is_active, created_at,
        updated_at, version)
    VALUES (gen_random_uuid(), 'ada@example.com', 'Ada', '', 'member', true, now(), now(), 1);
    INSERT INTO agent_runs (id, owner_id, provider, model, started_at, over_at, held_steps,
        held_tokens, held_seconds, held_cost, steps, tool_calls, input_tokens, output_tokens,
        seconds, answer)
    SELECT gen_random_uuid(), id, 'offline', 'offline', now(), now(), 6, 0, 0, 0, 2, 1, 0, 0, 0,
        '{"text": "Done.", "usage": {"steps": 2, "tool_calls": 1}}' FROM users;
    INSERT INTO events (id, type, subject_kind, subject_id, means, occurred_at, changes)
    SELECT gen_random_uuid(), kind || '.created', kind, gen_random_uuid(), 'agent', now(), '{}'
    FROM unnest(ARRAY['agent_action', 'task']) AS kind
"""

REVISIONS = list(reversed(list(ScriptDirectory.from_config(alembic_config()).walk_revisions())))


def test_the_history_has_one_beginning_and_one_end() -> None:
    """In between, `mvp migrate merge` may have joined branches."""
    assert [each.revision for each in REVISIONS if not each.down_revision] == [
        REVISIONS[0].revision
    ]
    require_joined()


def test_revisions_are_read_without_alembic_as_alembic_has_them() -> None:
    *older, newest = (revision.revision for revision in REVISIONS)

    assert head_revisions() == {newest}
    assert older_revisions() == set(older)


def test_branches_and_what_merges_them_are_read_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "_ROOT", tmp_path)
    versions = tmp_path / "alembic" / "versions"
    versions.mkdir(parents=True)
    branches = {"aa1": "None", "bb2": '"aa1"', "cc3": "'aa1'"}
    for name, before in branches.items():
        text = f'revision: str = "{name}"\ndown_revision: str | None = {before}\n'
        (versions / f"{name}.py").write_text(text)
    assert head_revisions() == {"bb2", "cc3"}
    with pytest.raises(ConfigurationError, match="2 heads, bb2 and cc3, as branches"):
        require_joined()

    (versions / "dd4.py").write_text('revision = "dd4"\ndown_revision = ("bb2", "cc3")\n')
    assert head_revisions() == {"dd4"}
    assert older_revisions() == {"aa1", "bb2", "cc3"}


def test_what_the_assistant_has_recorded_is_kept_under_its_new_names(
    empty_database_url: str,
) -> None:
    config = alembic_config(empty_database_url)
    command.upgrade(config, BEFORE_THE_NEW_NAMES)
    with psycopg.connect(empty_database_url) as connection:
        connection.execute(OLD_ROWS)

    command.upgrade(config, "head")

    with psycopg.connect(empty_database_url) as connection:
        [used] = connection.execute(
            "SELECT model_calls, held_model_calls, answer FROM usage_records"
        ).fetchall()
        events = connection.execute("SELECT type, subject_kind FROM events ORDER BY type")
        assert events.fetchall() == [
            ("planned_action.created", "planned_action"),
            ("task.created", "task"),
        ]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM events")
    assert used == (2, 6, {"text": "Done.", "usage": {"model_calls": 2, "tool_calls": 1}})


def test_the_migrations_make_what_the_models_say(fresh_database_url: str) -> None:
    command.check(alembic_config(fresh_database_url))

    tables = {table for table, _, _ in columns_of(fresh_database_url)}
    # Those of jobs are procrastinate's.
    ours = {table for table in tables if not table.startswith("procrastinate_")}
    assert ours == set(metadata.tables)


def test_the_migrations_make_what_autogenerate_does_not_compare(fresh_database_url: str) -> None:
    """Checks, conditions and methods of indexes, generated columns, defaults, collations."""
    migrated = _definitions(fresh_database_url)
    engine = create_engine(database_url(fresh_database_url), poolclass=NullPool)
    metadata.drop_all(engine)
    metadata.create_all(engine)

    created = _definitions(fresh_database_url)

    assert migrated - created == set(), "only the migrations have these"
    assert created - migrated == set(), "only the models have these"


_DEFINITIONS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE conrelid::regclass::text = ANY(%(tables)s)
    UNION ALL
    SELECT tablename, indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%(tables)s)
    UNION ALL
    SELECT attrelid::regclass::text, attname, concat_ws(' ',
        format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated,
        attcollation::regcollation, pg_get_expr(adbin, adrelid))
    FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attrelid::regclass::text = ANY(%(tables)s) AND attnum > 0 AND NOT attisdropped
"""


def _definitions(url: str) -> set[tuple[str, str, str]]:
    """Of our tables: each constraint, index and column, as PostgreSQL writes it."""
    with psycopg.connect(url) as connection:
        found = connection.execute(_DEFINITIONS, {"tables": list(metadata.tables)})
        return {(table, name, definition) for table, name, definition in found}


def columns_of(url: str) -> set[tuple[str, ...]]:
    """Every column with its type."""
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns"
            " WHERE table_schema = 'public' AND table_name <> 'alembic_version'"
        )
        return set(found.fetchall())
