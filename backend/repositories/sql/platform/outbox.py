"""The rows and jobs of the outbox: they are written with the transaction, or not at all."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from procrastinate.jobs import Job
from procrastinate.manager import JobManager
from procrastinate.psycopg_connector import PsycopgConnector
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.core.logging import request_id
from backend.core.permissions import Means
from backend.models.platform.audit_events import Event, PersonalChanges
from backend.models.platform.domain_events import DomainEvent
from backend.models.platform.job_requests import JobRequest
from backend.repositories.sql.platform.at_once import Addition

# It only builds statements, which run on the transaction's own connection: it is never opened.
_JOBS = JobManager(PsycopgConnector())


def rows_of(events: Sequence[DomainEvent], means: Means) -> list[Addition]:
    """Return the rows of events. `means` is the interface of this process."""
    rows: list[Addition] = []
    for event in events:
        row, person_id = _row(event, means), event.person_id
        if person_id is not None and row["changes"]:
            rows.append((PersonalChanges, _apart(row, person_id)))
            row["changes"] = {}
        rows.append((Event, row))
    return rows


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
        "impersonator_id": by.impersonator_id if by else None,
        "changes": dict(event.changes),
        "request_id": request_id(),
        "occurred_at": datetime.now(UTC),
    }


def _apart(row: dict[str, Any], person_id: UUID) -> dict[str, Any]:
    same = {name: row[name] for name in ("id", "changes", "occurred_at")}
    return {**same, "person_id": person_id}


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
