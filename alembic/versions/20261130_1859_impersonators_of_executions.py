"""Impersonators of executions

Revision: 766e770e2f58
Follows: a567fdb89db5
Created: 2026-11-30 18:59:11.022022+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "766e770e2f58"
down_revision: str | Sequence[str] | None = "a567fdb89db5"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("executions", sa.Column("impersonator_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("executions", "impersonator_id")
