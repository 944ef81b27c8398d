"""Output schemas

Revision: 99097bdd9e18
Follows: b61333a7e9f5
Created: 2026-11-21 21:33:27.783186+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "99097bdd9e18"
down_revision: str | Sequence[str] | None = "b61333a7e9f5"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "output_schemas",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("json_schema", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_output_schemas")),
        sa.UniqueConstraint("name", name=op.f("uq_output_schemas_name")),
    )
    op.create_index(
        op.f("ix_output_schemas_created_at_id"),
        "output_schemas",
        ["created_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_output_schemas_name_id"), "output_schemas", ["name", "id"], unique=False
    )
    op.create_index(
        op.f("ix_output_schemas_updated_at_id"),
        "output_schemas",
        ["updated_at", "id"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_output_schemas_updated_at_id"), table_name="output_schemas")
    op.drop_index(op.f("ix_output_schemas_name_id"), table_name="output_schemas")
    op.drop_index(op.f("ix_output_schemas_created_at_id"), table_name="output_schemas")
    op.drop_table("output_schemas")
