"""Agent and chats

Revision: 4d8dd351234e
Follows: 99097bdd9e18
Created: 2026-11-21 21:17:56.588233+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "4d8dd351234e"
down_revision: str | Sequence[str] | None = "99097bdd9e18"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "planned_actions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tool", sa.String(), nullable=False),
        sa.Column("plan", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("chat_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("arguments", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "result", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_planned_actions_owner_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planned_actions")),
    )
    op.create_index(
        op.f("ix_planned_actions_expires_at"), "planned_actions", ["expires_at"], unique=False
    )
    op.create_index(
        op.f("ix_planned_actions_owner_id_created_at_id"),
        "planned_actions",
        ["owner_id", "created_at", "id"],
        unique=False,
    )
    op.create_table(
        "usage_records",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held_model_calls", sa.Integer(), nullable=False),
        sa.Column("held_tokens", sa.Integer(), nullable=False),
        sa.Column("held_seconds", sa.Float(), nullable=False),
        sa.Column("held_cost", sa.Numeric(precision=18, scale=9), nullable=False),
        sa.Column("model_calls", sa.Integer(), nullable=False),
        sa.Column("tool_calls", sa.Integer(), nullable=False),
        sa.Column("input_tokens", sa.Integer(), nullable=False),
        sa.Column("output_tokens", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("cost", sa.Numeric(precision=18, scale=9), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column(
            "answer", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["users.id"],
            name=op.f("fk_usage_records_owner_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_records")),
    )
    op.create_index(
        op.f("ix_usage_records_owner_id_started_at_id"),
        "usage_records",
        ["owner_id", "started_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_usage_records_started_at"), "usage_records", ["started_at"], unique=False
    )
    op.create_table(
        "chats",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("prompt", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("has_own_title", sa.Boolean(), nullable=False),
        sa.Column("module_id", sa.Uuid(), nullable=True),
        sa.Column("model_config_id", sa.Uuid(), nullable=True),
        sa.Column("last_message_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed("search_document(title, '')", persisted=True),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(
            ["model_config_id"],
            ["model_configs.id"],
            name=op.f("fk_chats_model_config_id_model_configs"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["module_id"], ["modules.id"], name=op.f("fk_chats_module_id_modules")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_chats_owner_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chats")),
    )
    op.create_index(op.f("ix_chats_model_config_id"), "chats", ["model_config_id"], unique=False)
    op.create_index(op.f("ix_chats_module_id"), "chats", ["module_id"], unique=False)
    op.create_index(
        op.f("ix_chats_owner_id_created_at_id"),
        "chats",
        ["owner_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_chats_owner_id_last_message_at_id"),
        "chats",
        ["owner_id", "last_message_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_chats_owner_id_title_id"), "chats", ["owner_id", "title", "id"], unique=False
    )
    op.create_index("ix_chats_search", "chats", ["search"], unique=False, postgresql_using="gin")
    op.create_table(
        "chat_messages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("is_replaced", sa.Boolean(), nullable=False),
        sa.Column("rating", sa.String(length=32), nullable=True),
        sa.Column("comment", sa.String(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("chat_id", sa.Uuid(), nullable=False),
        sa.Column("parts", postgresql.JSONB(), nullable=False),
        sa.Column(
            "output", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("model_calls", sa.Integer(), nullable=False),
        sa.Column("tool_calls", sa.Integer(), nullable=False),
        sa.Column("input_tokens", sa.Integer(), nullable=False),
        sa.Column("output_tokens", sa.Integer(), nullable=False),
        sa.Column("cost", sa.Numeric(precision=18, scale=9), nullable=True),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed("search_document(text, '')", persisted=True),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(
            ["chat_id"],
            ["chats.id"],
            name=op.f("fk_chat_messages_chat_id_chats"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat_messages")),
        sa.UniqueConstraint("chat_id", "position", name=op.f("uq_chat_messages_chat_id_position")),
    )
    op.create_index(
        op.f("ix_chat_messages_deadline_at"), "chat_messages", ["deadline_at"], unique=False
    )
    op.create_index(
        "ix_chat_messages_search", "chat_messages", ["search"], unique=False, postgresql_using="gin"
    )


def downgrade() -> None:
    op.drop_index("ix_chat_messages_search", table_name="chat_messages", postgresql_using="gin")
    op.drop_index(op.f("ix_chat_messages_deadline_at"), table_name="chat_messages")
    op.drop_table("chat_messages")
    op.drop_index("ix_chats_search", table_name="chats", postgresql_using="gin")
    op.drop_index(op.f("ix_chats_owner_id_title_id"), table_name="chats")
    op.drop_index(op.f("ix_chats_owner_id_last_message_at_id"), table_name="chats")
    op.drop_index(op.f("ix_chats_owner_id_created_at_id"), table_name="chats")
    op.drop_index(op.f("ix_chats_module_id"), table_name="chats")
    op.drop_index(op.f("ix_chats_model_config_id"), table_name="chats")
    op.drop_table("chats")
    op.drop_index(op.f("ix_usage_records_started_at"), table_name="usage_records")
    op.drop_index(op.f("ix_usage_records_owner_id_started_at_id"), table_name="usage_records")
    op.drop_table("usage_records")
    op.drop_index(op.f("ix_planned_actions_owner_id_created_at_id"), table_name="planned_actions")
    op.drop_index(op.f("ix_planned_actions_expires_at"), table_name="planned_actions")
    op.drop_table("planned_actions")
