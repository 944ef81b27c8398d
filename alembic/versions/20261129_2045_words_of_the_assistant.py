"""Name the assistant's usage, limits and planned actions as the code does

No release has shipped the old names. A version that knows them stops working: stop it first.

Revision: 3d0b6e95c2f8
Follows: 89c53bf98596
Created: 2026-11-29 20:45:00+00:00
"""

from collections.abc import Iterator, Mapping, Sequence

from alembic import op

revision: str = "3d0b6e95c2f8"
down_revision: str | Sequence[str] | None = "89c53bf98596"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = {"agent_runs": "usage_records", "agent_actions": "planned_actions"}
"""By the old name, the new one."""

COLUMNS = {
    "usage_records": {
        "over_at": "deadline_at",
        "held_steps": "held_model_calls",
        "steps": "model_calls",
    },
    "chat_messages": {"over_at": "deadline_at", "steps": "model_calls"},
    "model_configs": {"steps": "model_calls"},
}
"""By the table, of each column the old name and the new one."""

USAGE = {"usage_records": "answer", "executions": "result", "execution_steps": "result"}
"""By the table, the column that holds the usage of an answer as JSON."""


def upgrade() -> None:
    for old, new in TABLES.items():
        op.rename_table(old, new)
        _rename_what_is_named_after(new, {old: new})
    for table, columns in COLUMNS.items():
        _rename_columns(table, columns)
    _rename_in_usage("steps", "model_calls")
    _rename_subjects("agent_action", "planned_action")


def downgrade() -> None:
    _rename_subjects("planned_action", "agent_action")
    _rename_in_usage("model_calls", "steps")
    for table, columns in COLUMNS.items():
        _rename_columns(table, {new: old for old, new in columns.items()})
    for old, new in TABLES.items():
        _rename_what_is_named_after(new, {new: old})
        op.rename_table(new, old)


def _rename_columns(table: str, columns: Mapping[str, str]) -> None:
    for old, new in columns.items():
        op.alter_column(table, old, new_column_name=new)
    _rename_what_is_named_after(table, columns)


def _rename_what_is_named_after(table: str, names: Mapping[str, str]) -> None:
    """PostgreSQL leaves the names of constraints and indexes as they are."""
    for renaming in _renamings(table, names):
        op.execute(renaming)


def _renamings(table: str, names: Mapping[str, str]) -> Iterator[str]:
    for old, new in names.items():
        # From version 18 on, NOT NULL is a constraint that has a name.
        yield f"""
            DO $$ DECLARE found text; BEGIN
                FOR found IN SELECT conname FROM pg_constraint
                    WHERE conrelid = '{table}'::regclass AND '_' || conname || '_' ~ '_{old}_'
                LOOP
                    EXECUTE format('ALTER TABLE {table} RENAME CONSTRAINT %I TO %I',
                        found, replace(found, '{old}', '{new}'));
                END LOOP;
                FOR found IN SELECT indexname FROM pg_indexes
                    WHERE schemaname = current_schema() AND tablename = '{table}'
                    AND '_' || indexname || '_' ~ '_{old}_'
                LOOP
                    EXECUTE format('ALTER INDEX %I RENAME TO %I',
                        found, replace(found, '{old}', '{new}'));
                END LOOP;
            END $$
        """


def _rename_in_usage(old: str, new: str) -> None:
    for table, column in USAGE.items():
        op.execute(f"""
            UPDATE {table} SET {column} = jsonb_set({column} #- '{{usage,{old}}}',
                '{{usage,{new}}}', {column} #> '{{usage,{old}}}')
            WHERE {column} #> '{{usage,{old}}}' IS NOT NULL
        """)


def _rename_subjects(old: str, new: str) -> None:
    # The trail tells the same as before, in the words by which it is searched now.
    op.execute("ALTER TABLE events DISABLE TRIGGER events_are_append_only")
    op.execute(f"""
        UPDATE events SET subject_kind = '{new}', type = replace(type, '{old}.', '{new}.')
        WHERE subject_kind = '{old}'
    """)
    op.execute("ALTER TABLE events ENABLE TRIGGER events_are_append_only")
