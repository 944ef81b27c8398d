"""The outbox of a transaction: events, jobs and notices, written with it or not at all."""

from collections.abc import Sequence
from typing import Any

from procrastinate.jobs import Job
from procrastinate.manager import JobManager
from procrastinate.psycopg_connector import PsycopgConnector

from backend.core.logging import request_id
from backend.core.permissions import Means
from backend.models.platform.audit_events import Event
from backend.models.platform.domain_events import DomainEvent
from backend.models.platform.job_requests import JobRequest
from backend.models.platform.mixins import now
from backend.repositories.platform.unit import Channel, Subscriptions
from backend.repositories.sql.platform.at_once import Addition, Notice
from backend.repositories.sql.platform.writing import Writer

# It only builds statements, which run on the transaction's own connection: it is never opened.
_JOBS = JobManager(PsycopgConnector())


class Outbox:
    """The outbox of one unit of work. Events and notices wait for the commit."""

    def __init__(self, writer: Writer, means: Means, subscriptions: Subscriptions) -> None:
        self._writer = writer
        self._means = means
        self._subscriptions = subscriptions
        self._events: list[DomainEvent] = []
        self._notices: dict[Notice, None] = {}

    def record(self, event: DomainEvent) -> None:
        self._events.append(event)

    def notify(self, channel: Channel, payload: str) -> None:
        self._notices[channel, payload] = None

    async def defer(self, requests: Sequence[JobRequest]) -> list[int]:
        connection = await (await self._writer.connection()).get_raw_connection()
        jobs = [_job(request) for request in requests]
        deferred = await _JOBS.batch_defer_jobs_async(jobs, connection.driver_connection)
        return [job.id for job in deferred if job.id is not None]

    async def send(self) -> None:
        """Write everything, including the writer's pending rows, directly before the commit."""
        await self._writer.write_in_transaction(*self._take())

    async def send_at_once(self) -> None:
        """As `send`, without a transaction: the statement commits."""
        await self._writer.write_at_once(*self._take())

    def _take(self) -> tuple[list[Addition], list[JobRequest], list[Notice]]:
        """The rows of the events, the jobs that they start, and the notices."""
        events, self._events = self._events, []
        notices, self._notices = list(self._notices), {}
        rows = [self._row(event) for event in events]
        jobs = [job for event in events for job in self._subscriptions(event)]
        return [(Event, row) for row in rows], jobs, notices

    def _row(self, event: DomainEvent) -> dict[str, Any]:
        by = event.by
        return {
            "id": event.id,
            "type": event.type,
            "subject_kind": event.kind,
            "subject_id": event.subject_id,
            "actor_id": event.actor_id,
            "means": by.means or self._means if by else self._means,
            "changes": dict(event.changes),
            "request_id": request_id(),
            "occurred_at": now(),
        }


def _job(request: JobRequest) -> Job:
    args: dict[str, Any] = request.args
    return Job(
        task_name=request.task,
        queue=request.queue,
        task_kwargs=args,
        lock=None,
        queueing_lock=None,
    )
