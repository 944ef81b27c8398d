"""The rows and jobs of the outbox: they are written with the transaction, or not at all."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast

from procrastinate.jobs import Job
from procrastinate.manager import JobManager
from procrastinate.psycopg_connector import PsycopgConnector
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.core.logging import request_id
from backend.core.permissions import Means
from backend.models.platform.audit_events import Event
from backend.models.platform.domain_events import DomainEvent
from backend.models.platform.job_requests import JobRequest
from backend.repositories.sql.platform.at_once import Addition

# It only builds statements, which run on the transaction's own connection: it is never opened.
_JOBS = JobManager(PsycopgConnector())


def rows_of(events: Sequence[DomainEvent], means: Means) -> list[Addition]:
    """Return the rows of events. `means` is the interface of this process."""
    return [(Event, _row(event, means)) for event in events]


async def defer(connection: AsyncConnection, request: JobRequest) -> int:
    """Create a job in the transaction of the connection, and return its id."""
    raw = await connection.get_raw_connection()
    [job] = await _JOBS.batch_defer_jobs_async([_job(request)], raw.driver_connection)
    return cast(int, job.id)


def _row(event: DomainEvent, means: Means) -> dict[str, Any]:
    by = event.by
    return {
        "id": event.id,
        "type": event.type,
        "subject_kind": event.kind,
        "subject_id": event.subject_id,
        "actor_id": event.actor_id,
        "means": by.means or means if by else means,
        "key_id": by.key_id if by else None,
        "changes": dict(event.changes),
        "request_id": request_id(),
        "occurred_at": datetime.now(UTC),
    }


def _job(request: JobRequest) -> Job:
    args: dict[str, Any] = request.args
    return Job(
        task_name=request.task,
        queue=request.queue,
        task_kwargs=args,
        lock=None,
        queueing_lock=None,
        scheduled_at=datetime.now(UTC) + request.after if request.after else None,
    )
