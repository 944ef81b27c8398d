"""Notices for caches

Revision: 5d0b7f1c92ae
Follows: 5d0c61f1a7be
Created: 2026-11-21 18:00:41.318205+00:00
"""

from collections.abc import Sequence

from alembic import op

revision: str = "5d0b7f1c92ae"
down_revision: str | Sequence[str] | None = "5d0c61f1a7be"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Given the name of a cache and the column whose value says what to forget; without a row, all.
TELL = """
    CREATE FUNCTION tell_caches() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_notify(
            'mvp_cache', concat_ws(':', TG_ARGV[0], to_jsonb(OLD) ->> TG_ARGV[1])
        );
        RETURN NULL;
    END
    $$
"""
# Not for a session that is prolonged, or was over: no cache is wrong about them.
TRIGGERS = {
    "users": """
        CREATE TRIGGER caches_forget_changed AFTER UPDATE ON users FOR EACH ROW
        WHEN (OLD.role IS DISTINCT FROM NEW.role OR OLD.is_active IS DISTINCT FROM NEW.is_active)
        EXECUTE FUNCTION tell_caches('identity', 'id')
    """,
    "sessions": """
        CREATE TRIGGER caches_forget_changed AFTER UPDATE ON sessions FOR EACH ROW
        WHEN (
            OLD.revoked_at IS DISTINCT FROM NEW.revoked_at
            OR OLD.expires_at > NEW.expires_at
            OR OLD.user_id <> NEW.user_id
        )
        EXECUTE FUNCTION tell_caches('identity', 'user_id');

        CREATE TRIGGER caches_forget_deleted AFTER DELETE ON sessions FOR EACH ROW
        WHEN (OLD.revoked_at IS NULL AND OLD.expires_at > now())
        EXECUTE FUNCTION tell_caches('identity', 'user_id');

        CREATE TRIGGER caches_forget_all AFTER TRUNCATE ON sessions
        FOR EACH STATEMENT EXECUTE FUNCTION tell_caches('identity', 'user_id')
    """,
}


def upgrade() -> None:
    op.execute(TELL)
    for triggers in TRIGGERS.values():
        op.execute(triggers)


def downgrade() -> None:
    op.execute("DROP FUNCTION tell_caches CASCADE")
