"""Sign-in with providers

Revision: 5c786deb4299
Follows: 7c41e09a5d36
Created: 2026-11-30 04:35:46.410304+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "5c786deb4299"
down_revision: str | Sequence[str] | None = "7c41e09a5d36"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "provider_sign_ins",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("is_email_verified", sa.Boolean(), nullable=False),
        sa.Column("full_name", sa.String(), nullable=True),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("code_challenge", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_sign_ins")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_provider_sign_ins_code_hash")),
    )
    op.create_index(
        op.f("ix_provider_sign_ins_expires_at"), "provider_sign_ins", ["expires_at"], unique=False
    )
    op.create_table(
        "linked_identities",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_linked_identities_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_linked_identities")),
        sa.UniqueConstraint(
            "provider", "subject", name=op.f("uq_linked_identities_provider_subject")
        ),
    )
    op.create_index(
        op.f("ix_linked_identities_user_id_created_at_id"),
        "linked_identities",
        ["user_id", "created_at", "id"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index(
        op.f("ix_linked_identities_user_id_created_at_id"), table_name="linked_identities"
    )
    op.drop_table("linked_identities")
    op.drop_index(op.f("ix_provider_sign_ins_expires_at"), table_name="provider_sign_ins")
    op.drop_table("provider_sign_ins")
