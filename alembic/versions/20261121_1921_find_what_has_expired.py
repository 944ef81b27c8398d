"""Find what has expired

Revision: bc6fa28a648f
Follows: 0d8a0eb6ba0e
Created: 2026-11-21 19:21:04.003734+00:00
"""

from collections.abc import Sequence

from alembic import op

revision: str = "bc6fa28a648f"
down_revision: str | Sequence[str] | None = "0d8a0eb6ba0e"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index(
        op.f("ix_account_tokens_expires_at"), "account_tokens", ["expires_at"], unique=False
    )
    op.create_index(op.f("ix_refresh_tokens_used_at"), "refresh_tokens", ["used_at"], unique=False)
    op.create_index(op.f("ix_sessions_expires_at"), "sessions", ["expires_at"], unique=False)
    op.create_index(op.f("ix_sessions_revoked_at"), "sessions", ["revoked_at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_sessions_revoked_at"), table_name="sessions")
    op.drop_index(op.f("ix_sessions_expires_at"), table_name="sessions")
    op.drop_index(op.f("ix_refresh_tokens_used_at"), table_name="refresh_tokens")
    op.drop_index(op.f("ix_account_tokens_expires_at"), table_name="account_tokens")
