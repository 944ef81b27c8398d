"""What a transaction announces: events, jobs and notices, written with it or not at all."""

from collections.abc import Sequence
from typing import Any

from procrastinate.jobs import Job
from procrastinate.manager import JobManager
from procrastinate.psycopg_connector import PsycopgConnector
from sqlalchemy import insert, inspect, text
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.logging import request_id
from backend.core.permissions import Means
from backend.models.domain_events import DomainEvent
from backend.models.events import Event
from backend.models.jobs import JobRequest
from backend.repositories.unit_of_work import Channel, Subscriptions

# It only shapes statements, which run on the transaction's own connection: it is never opened.
_JOBS = JobManager(PsycopgConnector())
_NOTIFY = text(
    "SELECT pg_notify(channel, payload)"
    " FROM unnest(CAST(:channels AS text[]), CAST(:payloads AS text[])) AS _(channel, payload)"
)
_COLUMNS = inspect(Event).columns.keys()


class Outbox:
    """Of one unit of work. Events and notices wait for the commit, as a rollback drops them."""

    def __init__(self, session: AsyncSession, means: Means, subscriptions: Subscriptions) -> None:
        self._session = session
        self._means = means
        self._subscriptions = subscriptions
        self._events: list[DomainEvent] = []
        self._notices: dict[tuple[Channel, str], None] = {}

    def record(self, event: DomainEvent) -> None:
        self._events.append(event)

    def notify(self, channel: Channel, payload: str) -> None:
        self._notices[channel, payload] = None

    async def defer(self, requests: Sequence[JobRequest]) -> list[int]:
        connection = await (await self._session.connection()).get_raw_connection()
        jobs = [_job(request) for request in requests]
        deferred = await _JOBS.batch_defer_jobs_async(jobs, connection.driver_connection)
        return [job.id for job in deferred if job.id is not None]

    async def send(self) -> None:
        """Write all of it. Called directly before the commit, with the rows flushed."""
        connection = await self._session.connection()
        if self._events:
            rows = [self._row(event) for event in self._events]
            values = [{name: getattr(row, name) for name in _COLUMNS} for row in rows]
            await connection.execute(insert(Event), values)
            started = zip(self._events, rows, strict=True)
            if jobs := [job for pair in started for job in self._subscriptions(*pair)]:
                await self.defer(jobs)
        if self._notices:
            channels, payloads = zip(*self._notices, strict=True)
            await connection.execute(
                _NOTIFY, {"channels": list(map(str, channels)), "payloads": list(payloads)}
            )
        self._events.clear()
        self._notices.clear()

    def _row(self, event: DomainEvent) -> Event:
        by = event.by
        return Event(
            type=event.type,
            subject_kind=event.kind,
            subject_id=event.subject_id,
            actor_id=by.user_id if by else None,
            means=by.means or self._means if by else self._means,
            changes=dict(event.changes),
            request_id=request_id(),
        )


def _job(request: JobRequest) -> Job:
    args: dict[str, Any] = request.args
    return Job(
        task_name=request.task,
        queue=request.queue,
        task_kwargs=args,
        lock=None,
        queueing_lock=None,
    )
