"""Erasing accounts

Revision: 9ba615573658
Follows: edb81600b7a3
Created: 2026-11-30 05:49:00+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "9ba615573658"
down_revision: str | Sequence[str] | None = "edb81600b7a3"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ORGANISATION = (
    "coalesce(nullif(current_setting('mvp.organisation', true), '')::uuid, "
    "'01976d5e-8f60-7c3a-9b52-5d1f0a6c7000'::uuid)"
)
# What events tell of people moves to where it can be forgotten. Only here are events changed.
PERSON = """
    CASE WHEN subject_kind IN ('user', 'sign_in', 'invitation') THEN subject_id
    ELSE coalesce(
        (changes #>> '{user_id,after}')::uuid, (changes #>> '{user_id,before}')::uuid, actor_id
    ) END
"""
MOVE_APART = (
    "ALTER TABLE events DISABLE TRIGGER events_are_append_only",
    f"""
    INSERT INTO personal_changes (id, organisation_id, person_id, changes, occurred_at)
    SELECT id, organisation_id, {PERSON}, changes, occurred_at FROM events
    WHERE subject_kind IN ('user', 'sign_in', 'invitation', 'session', 'identity', 'api_key')
    AND changes <> '{{}}' AND {PERSON} IS NOT NULL
    """,
    """
    UPDATE events SET changes = '{}' FROM personal_changes
    WHERE personal_changes.id = events.id
    """,
    "ALTER TABLE events ENABLE TRIGGER events_are_append_only",
)
MOVE_BACK = (
    "ALTER TABLE events DISABLE TRIGGER events_are_append_only",
    """
    UPDATE events SET changes = personal_changes.changes FROM personal_changes
    WHERE personal_changes.id = events.id
    """,
    "ALTER TABLE events ENABLE TRIGGER events_are_append_only",
)


def upgrade() -> None:
    op.create_table(
        "personal_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("changes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "organisation_id", sa.Uuid(), server_default=sa.text(ORGANISATION), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personal_changes")),
    )
    op.create_index(
        op.f("ix_personal_changes_occurred_at"), "personal_changes", ["occurred_at"], unique=False
    )
    op.create_index(
        op.f("ix_personal_changes_person_id"), "personal_changes", ["person_id"], unique=False
    )
    op.add_column("users", sa.Column("erase_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("users", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_users_erase_at",
        "users",
        ["erase_at"],
        unique=False,
        postgresql_where=sa.text("erase_at IS NOT NULL"),
    )
    for statement in MOVE_APART:
        op.execute(statement)


def downgrade() -> None:
    for statement in MOVE_BACK:
        op.execute(statement)
    op.drop_index(
        "ix_users_erase_at", table_name="users", postgresql_where=sa.text("erase_at IS NOT NULL")
    )
    op.drop_column("users", "erased_at")
    op.drop_column("users", "erase_at")
    op.drop_index(op.f("ix_personal_changes_person_id"), table_name="personal_changes")
    op.drop_index(op.f("ix_personal_changes_occurred_at"), table_name="personal_changes")
    op.drop_table("personal_changes")
