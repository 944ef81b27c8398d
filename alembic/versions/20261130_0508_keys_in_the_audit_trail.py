"""Keys in the audit trail

Revision: b47c3fbb613e
Follows: 5c786deb4299
Created: 2026-11-30 05:08:06.025235+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "b47c3fbb613e"
down_revision: str | Sequence[str] | None = "5c786deb4299"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("events", sa.Column("key_id", sa.Uuid(), nullable=True))
    op.create_index(
        "ix_events_key_id",
        "events",
        ["key_id", "occurred_at", "id"],
        unique=False,
        postgresql_where=sa.text("key_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_events_key_id", table_name="events", postgresql_where=sa.text("key_id IS NOT NULL")
    )
    op.drop_column("events", "key_id")
