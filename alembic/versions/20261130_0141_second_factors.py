"""Second factors

Revision: 2afb671b85d4
Follows: 090c10acf06b
Created: 2026-11-30 01:41:00+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "2afb671b85d4"
down_revision: str | Sequence[str] | None = "090c10acf06b"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# What makes a cached identity wrong: the rule of second factors depends on whether there is one.
TRIGGER = """
    DROP TRIGGER caches_forget_changed ON users;

    CREATE TRIGGER caches_forget_changed AFTER UPDATE ON users FOR EACH ROW
    WHEN (
        OLD.role IS DISTINCT FROM NEW.role
        OR OLD.is_active IS DISTINCT FROM NEW.is_active
        OR OLD.second_factor_at IS DISTINCT FROM NEW.second_factor_at
    )
    EXECUTE FUNCTION tell_caches('identity', 'id')
"""
TRIGGER_BEFORE = """
    DROP TRIGGER caches_forget_changed ON users;

    CREATE TRIGGER caches_forget_changed AFTER UPDATE ON users FOR EACH ROW
    WHEN (OLD.role IS DISTINCT FROM NEW.role OR OLD.is_active IS DISTINCT FROM NEW.is_active)
    EXECUTE FUNCTION tell_caches('identity', 'id')
"""


def upgrade() -> None:
    op.create_table(
        "recovery_codes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_recovery_codes_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
        sa.UniqueConstraint(
            "user_id", "code_hash", name=op.f("uq_recovery_codes_user_id_code_hash")
        ),
    )
    op.create_table(
        "second_factors",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_step", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_second_factors_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_factors")),
        sa.UniqueConstraint("user_id", name=op.f("uq_second_factors_user_id")),
    )
    op.add_column("users", sa.Column("second_factor_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(TRIGGER)


def downgrade() -> None:
    op.execute(TRIGGER_BEFORE)
    op.drop_column("users", "second_factor_at")
    op.drop_table("second_factors")
    op.drop_table("recovery_codes")
