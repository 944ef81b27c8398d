"""Impersonation

Revision: d2c7e15f8a40
Follows: 9ba615573658
Created: 2026-11-30 06:08:00+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "d2c7e15f8a40"
down_revision: str | Sequence[str] | None = "9ba615573658"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("impersonator_id", sa.Uuid(), nullable=True))
    op.add_column("sessions", sa.Column("reason", sa.String(), nullable=True))
    op.create_index(
        "ix_sessions_impersonator_id",
        "sessions",
        ["impersonator_id"],
        unique=False,
        postgresql_where=sa.text("impersonator_id IS NOT NULL"),
    )
    op.add_column("events", sa.Column("impersonator_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("events", "impersonator_id")
    op.drop_index(
        "ix_sessions_impersonator_id",
        table_name="sessions",
        postgresql_where=sa.text("impersonator_id IS NOT NULL"),
    )
    op.drop_column("sessions", "reason")
    op.drop_column("sessions", "impersonator_id")
