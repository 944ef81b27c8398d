"""API keys, and services that act by them

Revision: 090c10acf06b
Follows: 3d0b6e95c2f8
Created: 2026-11-30 00:57:00+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "090c10acf06b"
down_revision: str | Sequence[str] | None = "3d0b6e95c2f8"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# As those of sessions: only what makes a cached identity wrong is told, not that a key was used.
TRIGGERS = """
    CREATE TRIGGER caches_forget_changed AFTER UPDATE ON api_keys FOR EACH ROW
    WHEN (
        OLD.revoked_at IS DISTINCT FROM NEW.revoked_at
        OR OLD.expires_at IS DISTINCT FROM NEW.expires_at
        OR OLD.permissions IS DISTINCT FROM NEW.permissions
        OR OLD.user_id <> NEW.user_id
    )
    EXECUTE FUNCTION tell_caches('identity', 'user_id');

    CREATE TRIGGER caches_forget_deleted AFTER DELETE ON api_keys FOR EACH ROW
    WHEN (OLD.revoked_at IS NULL)
    EXECUTE FUNCTION tell_caches('identity', 'user_id');

    CREATE TRIGGER caches_forget_all AFTER TRUNCATE ON api_keys
    FOR EACH STATEMENT EXECUTE FUNCTION tell_caches('identity', 'user_id')
"""


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("starts_with", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column(
            "permissions", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_api_keys_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_keys_token_hash")),
    )
    op.create_index(
        op.f("ix_api_keys_user_id_created_at_id"),
        "api_keys",
        ["user_id", "created_at", "id"],
    )
    op.add_column(
        "users",
        sa.Column("is_service", sa.Boolean(), server_default="false", nullable=False),
    )
    op.execute(TRIGGERS)


def downgrade() -> None:
    op.drop_column("users", "is_service")
    op.drop_index(op.f("ix_api_keys_user_id_created_at_id"), table_name="api_keys")
    op.drop_table("api_keys")
