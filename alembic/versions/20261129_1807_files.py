"""Files

Revision: 0ac7518e3f9d
Follows: 46f0d9e2b85c
Created: 2026-11-29 18:07:00+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0ac7518e3f9d"
down_revision: str | Sequence[str] | None = "46f0d9e2b85c"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "files",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("lead_id", sa.Uuid(), nullable=True),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("module_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed("search_document(name, '')", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint(
            "num_nonnulls(customer_id, lead_id, task_id, module_id) <= 1",
            name=op.f("ck_files_subject"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_files_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_files_lead_id_leads")),
        sa.ForeignKeyConstraint(
            ["module_id"], ["modules.id"], name=op.f("fk_files_module_id_modules")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_files_owner_id_users")),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_files_task_id_tasks")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
    )
    op.create_index(op.f("ix_files_created_at_id"), "files", ["created_at", "id"])
    op.create_index(
        op.f("ix_files_customer_id_created_at_id"), "files", ["customer_id", "created_at", "id"]
    )
    op.create_index(
        op.f("ix_files_lead_id_created_at_id"), "files", ["lead_id", "created_at", "id"]
    )
    op.create_index(
        op.f("ix_files_module_id_created_at_id"), "files", ["module_id", "created_at", "id"]
    )
    op.create_index("ix_files_name_id", "files", [sa.literal_column("sort_key(name)"), "id"])
    op.create_index(
        op.f("ix_files_owner_id_created_at_id"), "files", ["owner_id", "created_at", "id"]
    )
    op.create_index("ix_files_search", "files", ["search"], postgresql_using="gin")
    op.create_index(op.f("ix_files_size_id"), "files", ["size", "id"])
    op.create_index(
        op.f("ix_files_task_id_created_at_id"), "files", ["task_id", "created_at", "id"]
    )


def downgrade() -> None:
    op.drop_table("files")
