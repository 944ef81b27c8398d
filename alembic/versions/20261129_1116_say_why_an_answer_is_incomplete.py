"""Say why an answer is incomplete

Revision: b4d792810c74
Follows: 5707feb5b79e
Created: 2026-11-29 11:16:39.704592+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "b4d792810c74"
down_revision: str | Sequence[str] | None = "5707feb5b79e"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column(
        "chat_messages", sa.Column("incomplete_reason", sa.String(length=32), nullable=True)
    )


def downgrade() -> None:
    op.drop_column("chat_messages", "incomplete_reason")
