"""Age of notifications

Revision: e2c4499816ff
Follows: 766e770e2f58
Created: 2026-11-30 22:09:25.145364+00:00
"""

from collections.abc import Sequence

from alembic import op

revision: str = "e2c4499816ff"
down_revision: str | Sequence[str] | None = "766e770e2f58"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index(
        op.f("ix_notifications_created_at"), "notifications", ["created_at"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_notifications_created_at"), table_name="notifications")
