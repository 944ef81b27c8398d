"""Tools

Revision: 4c74905d22d0
Follows: 61af9cf65234
Created: 2026-11-21 21:13:07.949914+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "4c74905d22d0"
down_revision: str | Sequence[str] | None = "61af9cf65234"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "tools",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("parameters", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("permission", sa.String(), nullable=False),
        sa.Column("is_destructive", sa.Boolean(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tools")),
        sa.UniqueConstraint("name", name=op.f("uq_tools_name")),
    )
    op.create_index(op.f("ix_tools_created_at_id"), "tools", ["created_at", "id"], unique=False)
    op.create_index(op.f("ix_tools_name_id"), "tools", ["name", "id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_tools_name_id"), table_name="tools")
    op.drop_index(op.f("ix_tools_created_at_id"), table_name="tools")
    op.drop_table("tools")
