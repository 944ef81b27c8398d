"""Job failures

Revision: 5d0c61f1a7be
Follows: ec8ae697c44d
Created: 2026-11-21 17:55:02.118630+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "5d0c61f1a7be"
down_revision: str | Sequence[str] | None = "ec8ae697c44d"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# For the list of jobs, the sweep and the metrics; procrastinate itself needs neither.
INDEXES = {
    "ix_procrastinate_jobs_status_id": ["status", "id"],
    "ix_procrastinate_jobs_task_name_id": ["task_name", "id"],
}


def upgrade() -> None:
    op.create_table(
        "job_failures",
        sa.Column("job_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_job_failures")),
    )
    for name, columns in INDEXES.items():
        op.create_index(name, "procrastinate_jobs", columns)


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name, table_name="procrastinate_jobs")
    op.drop_table("job_failures")
