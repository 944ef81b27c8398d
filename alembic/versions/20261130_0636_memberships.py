"""Who belongs to which organisation, where there are many.

Revision: 5b0d93f7a1c4
Follows: d2c7e15f8a40
Created: 2026-11-30 06:36:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "5b0d93f7a1c4"
down_revision: str | Sequence[str] | None = "d2c7e15f8a40"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

FIRST = "'01976d5e-8f60-7c3a-9b52-5d1f0a6c7000'::uuid"
PRESENT = f"coalesce(nullif(current_setting('mvp.organisation', true), '')::uuid, {FIRST})"
# Whoever is cached acts in an organisation: when it ends for all, all are forgotten.
TRIGGERS = """
    CREATE TRIGGER caches_forget_changed AFTER UPDATE ON memberships FOR EACH ROW
    EXECUTE FUNCTION tell_caches('identity', 'user_id');

    CREATE TRIGGER caches_forget_deleted AFTER DELETE ON memberships FOR EACH ROW
    EXECUTE FUNCTION tell_caches('identity', 'user_id');

    CREATE TRIGGER caches_forget_all AFTER TRUNCATE ON memberships
    FOR EACH STATEMENT EXECUTE FUNCTION tell_caches('identity', 'user_id');

    CREATE TRIGGER caches_forget_changed AFTER UPDATE ON organisations FOR EACH ROW
    WHEN (OLD.deleted_at IS DISTINCT FROM NEW.deleted_at)
    EXECUTE FUNCTION tell_caches('identity', 'none')
"""


def upgrade() -> None:
    op.add_column("organisations", sa.Column("deleted_at", sa.DateTime(timezone=True)))
    op.execute(f"ALTER TABLE sessions ADD organisation_id uuid NOT NULL DEFAULT {FIRST}")
    op.execute(f"ALTER TABLE sessions ALTER organisation_id SET DEFAULT {PRESENT}")
    op.create_table(
        "memberships",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_memberships_organisation_id_organisations"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_memberships_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memberships")),
        sa.UniqueConstraint(
            "user_id", "organisation_id", name=op.f("uq_memberships_user_id_organisation_id")
        ),
    )
    op.create_index(
        op.f("ix_memberships_organisation_id_created_at_id"),
        "memberships",
        ["organisation_id", "created_at", "id"],
    )
    op.execute(TRIGGERS)


def downgrade() -> None:
    op.drop_table("memberships")
    op.drop_column("sessions", "organisation_id")
    op.execute("DROP TRIGGER caches_forget_changed ON organisations")
    op.drop_column("organisations", "deleted_at")
