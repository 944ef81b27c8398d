"""The tables of procrastinate, as far as we read them. Their schema is in `alembic/sql/`.

They are not in our metadata: no model describes them.
"""

from procrastinate.jobs import Status
from sqlalchemy import BigInteger, Boolean, DateTime, Integer, String, column, table
from sqlalchemy.dialects.postgresql import ENUM, JSONB

from backend.models.background.jobs import JobStatus

MOMENT = DateTime(timezone=True)

JOBS = table(
    "procrastinate_jobs",
    column("id", BigInteger),
    column("queue_name", String),
    column("task_name", String),
    column("args", JSONB),
    column(
        "status",
        ENUM(*(s.value for s in Status), name="procrastinate_job_status", create_type=False),
    ),
    column("scheduled_at", MOMENT),
    column("attempts", Integer),
    column("abort_requested", Boolean),
    column("lock", String),
    column("queueing_lock", String),
    column("worker_id", BigInteger),
)
ALONE = "alone"
"""The lock of jobs suspected of killing their workers: one of them runs at a time."""

_EVENTS = ("deferred", "started", "succeeded", "failed", "cancelled", "aborted")
EVENTS = table(
    "procrastinate_events",
    column("job_id", BigInteger),
    column("type", ENUM(*_EVENTS, name="procrastinate_job_event_type", create_type=False)),
    column("at", MOMENT),
)
WORKERS = table("procrastinate_workers", column("id", BigInteger), column("last_heartbeat", MOMENT))

THEIR_STATUSES = {
    JobStatus.PENDING: ["todo"],
    JobStatus.RUNNING: ["doing"],
    JobStatus.COMPLETED: ["succeeded"],
    JobStatus.FAILED: ["failed"],
    JobStatus.CANCELLED: ["cancelled", "aborting", "aborted"],
}
"""Procrastinate's names of our statuses."""

OUR_STATUSES = {theirs: ours for ours, words in THEIR_STATUSES.items() for theirs in words}
ENDED = {JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED}
END_EVENTS = ["succeeded", "failed", "cancelled", "aborted"]
