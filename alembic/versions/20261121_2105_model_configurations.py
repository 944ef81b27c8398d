"""Model configurations

Revision: 61af9cf65234
Follows: bc6fa28a648f
Created: 2026-11-21 21:05:47.787451+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "61af9cf65234"
down_revision: str | Sequence[str] | None = "bc6fa28a648f"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "model_configs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("temperature", sa.Float(), nullable=True),
        sa.Column("max_output_tokens", sa.Integer(), nullable=True),
        sa.Column("model_calls", sa.Integer(), nullable=True),
        sa.Column("tokens", sa.Integer(), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("cost", sa.Numeric(precision=8, scale=4), nullable=True),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_configs")),
    )
    op.create_index(
        op.f("ix_model_configs_created_at_id"), "model_configs", ["created_at", "id"], unique=False
    )
    op.create_index(op.f("ix_model_configs_name_id"), "model_configs", ["name", "id"], unique=False)
    op.create_index(
        "uq_model_configs_default",
        "model_configs",
        ["is_default"],
        unique=True,
        postgresql_where=sa.text("is_default"),
    )
    op.create_index(
        "uq_model_configs_name", "model_configs", [sa.literal_column("lower(name)")], unique=True
    )


def downgrade() -> None:
    op.drop_index("uq_model_configs_name", table_name="model_configs")
    op.drop_index(
        "uq_model_configs_default",
        table_name="model_configs",
        postgresql_where=sa.text("is_default"),
    )
    op.drop_index(op.f("ix_model_configs_name_id"), table_name="model_configs")
    op.drop_index(op.f("ix_model_configs_created_at_id"), table_name="model_configs")
    op.drop_table("model_configs")
