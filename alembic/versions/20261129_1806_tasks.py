"""Modules and tasks

Revision: 46f0d9e2b85c
Follows: e83b5c16d7a0
Created: 2026-11-29 18:06:00+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "46f0d9e2b85c"
down_revision: str | Sequence[str] | None = "e83b5c16d7a0"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "modules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_modules_owner_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_modules")),
    )
    op.create_index(
        op.f("ix_modules_owner_id_created_at_id"), "modules", ["owner_id", "created_at", "id"]
    )
    op.create_index(
        op.f("ix_modules_owner_id_position_id"), "modules", ["owner_id", "position", "id"]
    )
    op.create_table(
        "tasks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("priority", sa.String(length=32), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lead_id", sa.Uuid(), nullable=True),
        sa.Column("module_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("checklist", postgresql.JSONB(), nullable=False),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed("search_document(title, description)", persisted=True),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(
            ["assignee_id"], ["users.id"], name=op.f("fk_tasks_assignee_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_tasks_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_tasks_lead_id_leads")),
        sa.ForeignKeyConstraint(
            ["module_id"], ["modules.id"], name=op.f("fk_tasks_module_id_modules")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
    )
    op.create_index(
        op.f("ix_tasks_assignee_id_created_at_id"), "tasks", ["assignee_id", "created_at", "id"]
    )
    op.create_index(op.f("ix_tasks_created_at_id"), "tasks", ["created_at", "id"])
    op.create_index(
        op.f("ix_tasks_customer_id_created_at_id"), "tasks", ["customer_id", "created_at", "id"]
    )
    op.create_index(
        "ix_tasks_due",
        "tasks",
        [sa.literal_column("coalesce(due_at, '9999-12-31 00:00:00+00'::timestamptz)"), "id"],
    )
    op.create_index(
        op.f("ix_tasks_lead_id_created_at_id"), "tasks", ["lead_id", "created_at", "id"]
    )
    op.create_index(
        op.f("ix_tasks_module_id_created_at_id"), "tasks", ["module_id", "created_at", "id"]
    )
    op.create_index(
        "ix_tasks_priority",
        "tasks",
        [
            sa.literal_column(
                "array_position(ARRAY['low','normal','high','urgent']::varchar[], priority)"
            ),
            "id",
        ],
    )
    op.create_index("ix_tasks_search", "tasks", ["search"], postgresql_using="gin")
    op.create_index(op.f("ix_tasks_status_created_at_id"), "tasks", ["status", "created_at", "id"])
    op.create_index("ix_tasks_title_id", "tasks", [sa.literal_column("sort_key(title)"), "id"])
    op.create_index(op.f("ix_tasks_updated_at_id"), "tasks", ["updated_at", "id"])


def downgrade() -> None:
    op.drop_table("tasks")
    op.drop_table("modules")
