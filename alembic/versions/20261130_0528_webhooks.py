"""Webhooks

Revision: 5a7b12cc4b92
Follows: b47c3fbb613e
Created: 2026-11-30 05:28:10.094208+00:00
"""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "5a7b12cc4b92"
down_revision: str | Sequence[str] | None = "b47c3fbb613e"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

PRESENT = (
    "coalesce(nullif(current_setting('mvp.organisation', true), '')::uuid,"
    " '01976d5e-8f60-7c3a-9b52-5d1f0a6c7000'::uuid)"
)


def upgrade() -> None:
    op.create_table(
        "event_demands",
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("event_type", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("task", "event_type", name=op.f("pk_event_demands")),
    )
    op.create_table(
        "webhook_messages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_type", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _organisation_id(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_messages")),
        sa.UniqueConstraint(
            "id", "organisation_id", name=op.f("uq_webhook_messages_id_organisation_id")
        ),
    )
    op.create_index(
        op.f("ix_webhook_messages_created_at"), "webhook_messages", ["created_at"], unique=False
    )
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_types", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_previous_secret", sa.LargeBinary(), nullable=True),
        sa.Column("rotating_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("switched_off_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("switched_off_because", sa.String(), nullable=True),
        _organisation_id(),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_webhooks_owner_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
        sa.UniqueConstraint("id", "organisation_id", name=op.f("uq_webhooks_id_organisation_id")),
    )
    op.create_index(
        op.f("ix_webhooks_created_at_id"), "webhooks", ["created_at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_webhooks_event_types"),
        "webhooks",
        ["event_types"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(op.f("ix_webhooks_owner_id"), "webhooks", ["owner_id"], unique=False)
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_type", sa.String(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("response_status", sa.Integer(), nullable=True),
        sa.Column("response_beginning", sa.String(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retry_until", sa.DateTime(timezone=True), nullable=False),
        _organisation_id(),
        sa.ForeignKeyConstraint(
            ["message_id", "organisation_id"],
            ["webhook_messages.id", "webhook_messages.organisation_id"],
            name=op.f("fk_webhook_deliveries_message_id_webhook_messages"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["webhook_id", "organisation_id"],
            ["webhooks.id", "webhooks.organisation_id"],
            name=op.f("fk_webhook_deliveries_webhook_id_webhooks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_deliveries")),
        sa.UniqueConstraint(
            "webhook_id", "message_id", name=op.f("uq_webhook_deliveries_webhook_id_message_id")
        ),
    )
    op.create_index(
        op.f("ix_webhook_deliveries_message_id"), "webhook_deliveries", ["message_id"], unique=False
    )
    op.create_index(
        "ix_webhook_deliveries_pending",
        "webhook_deliveries",
        ["webhook_id", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_index(
        op.f("ix_webhook_deliveries_webhook_id_created_at_id"),
        "webhook_deliveries",
        ["webhook_id", "created_at", "id"],
        unique=False,
    )
    op.create_table(
        "webhook_queues",
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        _organisation_id(),
        sa.ForeignKeyConstraint(
            ["webhook_id", "organisation_id"],
            ["webhooks.id", "webhooks.organisation_id"],
            name=op.f("fk_webhook_queues_webhook_id_webhooks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("webhook_id", name=op.f("pk_webhook_queues")),
    )
    op.create_index(op.f("ix_webhook_queues_due_at"), "webhook_queues", ["due_at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_webhook_queues_due_at"), table_name="webhook_queues")
    op.drop_table("webhook_queues")
    op.drop_index(
        op.f("ix_webhook_deliveries_webhook_id_created_at_id"), table_name="webhook_deliveries"
    )
    op.drop_index(
        "ix_webhook_deliveries_pending",
        table_name="webhook_deliveries",
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.drop_index(op.f("ix_webhook_deliveries_message_id"), table_name="webhook_deliveries")
    op.drop_table("webhook_deliveries")
    op.drop_index(op.f("ix_webhooks_owner_id"), table_name="webhooks")
    op.drop_index(op.f("ix_webhooks_event_types"), table_name="webhooks", postgresql_using="gin")
    op.drop_index(op.f("ix_webhooks_created_at_id"), table_name="webhooks")
    op.drop_table("webhooks")
    op.drop_index(op.f("ix_webhook_messages_created_at"), table_name="webhook_messages")
    op.drop_table("webhook_messages")
    op.drop_table("event_demands")


def _organisation_id() -> sa.Column[UUID]:
    return sa.Column("organisation_id", sa.Uuid(), server_default=sa.text(PRESENT), nullable=False)
