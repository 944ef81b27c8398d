"""Who has planned an action

Revision: edb81600b7a3
Follows: 07574502cefd
Created: 2026-11-30 05:47:06.609860+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "edb81600b7a3"
down_revision: str | Sequence[str] | None = "07574502cefd"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("planned_actions", sa.Column("credential_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("planned_actions", "credential_id")
