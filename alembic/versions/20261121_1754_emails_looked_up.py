"""emails of customers and leads can be looked up

Revision: 0d8a0eb6ba0e
Follows: 768d718308d6
Created: 2026-11-21 17:54:48.676737+00:00
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0d8a0eb6ba0e"
down_revision: str | Sequence[str] | None = "768d718308d6"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index(op.f("ix_customers_email"), "customers", ["email"], unique=False)
    op.create_index(op.f("ix_leads_email"), "leads", ["email"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_leads_email"), table_name="leads")
    op.drop_index(op.f("ix_customers_email"), table_name="customers")
