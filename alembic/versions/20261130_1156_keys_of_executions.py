"""Keys of executions

Revision: a567fdb89db5
Follows: 5b0c9e7d41f6
Created: 2026-11-30 11:56:00+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "a567fdb89db5"
down_revision: str | Sequence[str] | None = "5b0c9e7d41f6"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("executions", sa.Column("key_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("executions", "key_id")
