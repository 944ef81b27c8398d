"""Incoming messages

Revision: 07574502cefd
Follows: 5a7b12cc4b92
Created: 2026-11-30 05:35:25.427428+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "07574502cefd"
down_revision: str | Sequence[str] | None = "5a7b12cc4b92"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

PRESENT = (
    "coalesce(nullif(current_setting('mvp.organisation', true), '')::uuid,"
    " '01976d5e-8f60-7c3a-9b52-5d1f0a6c7000'::uuid)"
)


def upgrade() -> None:
    op.create_table(
        "incoming_messages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), server_default=sa.text(PRESENT), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incoming_messages")),
        sa.UniqueConstraint(
            "source",
            "message_id",
            "organisation_id",
            name=op.f("uq_incoming_messages_source_message_id"),
        ),
    )
    op.create_index(
        op.f("ix_incoming_messages_received_at"), "incoming_messages", ["received_at"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_incoming_messages_received_at"), table_name="incoming_messages")
    op.drop_table("incoming_messages")
