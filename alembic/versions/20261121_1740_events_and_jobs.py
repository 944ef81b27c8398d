"""Events and jobs

Revision: ec8ae697c44d
Follows: 08236bbe6456
Created: 2026-11-21 17:40:16.565902+00:00
"""

from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "ec8ae697c44d"
down_revision: str | Sequence[str] | None = "08236bbe6456"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

PROCRASTINATE = Path(__file__).parents[1] / "sql" / "procrastinate_3.10.sql"
PROCRASTINATE_TABLES = (
    "procrastinate_events",
    "procrastinate_periodic_defers",
    "procrastinate_jobs",
    "procrastinate_workers",
)
PROCRASTINATE_FUNCTIONS = (
    "procrastinate_defer_jobs_v1",
    "procrastinate_defer_periodic_job_v2",
    "procrastinate_fetch_job_v2",
    "procrastinate_finish_job_v1",
    "procrastinate_cancel_job_v1",
    "procrastinate_retry_job_v1",
    "procrastinate_retry_job_v2",
    "procrastinate_notify_queue_job_inserted_v1",
    "procrastinate_notify_queue_abort_job_v1",
    "procrastinate_trigger_function_status_events_insert_v1",
    "procrastinate_trigger_function_status_events_update_v1",
    "procrastinate_trigger_function_scheduled_events_v1",
    "procrastinate_trigger_abort_requested_events_procedure_v1",
    "procrastinate_unlink_periodic_defers_v1",
    "procrastinate_register_worker_v1",
    "procrastinate_unregister_worker_v1",
    "procrastinate_update_heartbeat_v1",
    "procrastinate_prune_stalled_workers_v1",
)
PROCRASTINATE_TYPES = (
    "procrastinate_job_to_defer_v1",
    "procrastinate_job_event_type",
    "procrastinate_job_status",
)

# The clean-up may delete what is older than any retention, and says that it means to.
REFUSE = """
    CREATE FUNCTION refuse_to_change_events() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE'
            AND current_setting('mvp.events_retention', true) = 'on'
            AND OLD.occurred_at < now() - interval '30 days'
        THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'events are append-only: % is refused', TG_OP
            USING ERRCODE = 'insufficient_privilege';
    END
    $$
"""
TRIGGERS = (
    """
    CREATE TRIGGER events_are_append_only BEFORE UPDATE OR DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION refuse_to_change_events()
    """,
    # A trigger of rows does not see it.
    """
    CREATE TRIGGER events_are_not_truncated BEFORE TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_events()
    """,
)


def upgrade() -> None:
    op.execute(PROCRASTINATE.read_text())
    op.create_table(
        "events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("subject_kind", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("means", sa.String(length=32), nullable=False),
        sa.Column("changes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index(
        op.f("ix_events_actor_id_occurred_at_id"),
        "events",
        ["actor_id", "occurred_at", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_events_occurred_at_id"), "events", ["occurred_at", "id"], unique=False)
    op.create_index(
        op.f("ix_events_subject_id_occurred_at_id"),
        "events",
        ["subject_id", "occurred_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_events_subject_kind_occurred_at_id"),
        "events",
        ["subject_kind", "occurred_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_events_type_occurred_at_id"), "events", ["type", "occurred_at", "id"], unique=False
    )
    op.execute(REFUSE)
    for trigger in TRIGGERS:
        op.execute(trigger)


def downgrade() -> None:
    op.drop_index(op.f("ix_events_type_occurred_at_id"), table_name="events")
    op.drop_index(op.f("ix_events_subject_kind_occurred_at_id"), table_name="events")
    op.drop_index(op.f("ix_events_subject_id_occurred_at_id"), table_name="events")
    op.drop_index(op.f("ix_events_occurred_at_id"), table_name="events")
    op.drop_index(op.f("ix_events_actor_id_occurred_at_id"), table_name="events")
    op.drop_table("events")
    op.execute("DROP FUNCTION refuse_to_change_events")
    for table in PROCRASTINATE_TABLES:
        op.execute(f"DROP TABLE {table} CASCADE")
    for function in PROCRASTINATE_FUNCTIONS:
        op.execute(f"DROP FUNCTION IF EXISTS {function}")
    for kind in PROCRASTINATE_TYPES:
        op.execute(f"DROP TYPE {kind}")
