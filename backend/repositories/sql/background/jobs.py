import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from operator import attrgetter
from typing import Annotated, Any

from procrastinate.sql import queries
from pydantic import Field, TypeAdapter
from sqlalchemy import ColumnElement, Row, Select, false, func, or_, select, text, true, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.core.errors import NotFoundError
from backend.models.background.jobs import (
    JobFailure,
    JobPublic,
    JobQuery,
    JobStatus,
    QueueState,
    StalledJob,
)
from backend.models.platform.job_requests import JobRequest, Queue
from backend.models.platform.paging import MAX_COUNTED, Page
from backend.repositories.sql.background.job_tables import (
    ALONE,
    END_EVENTS,
    ENDED,
    EVENTS,
    JOBS,
    OUR_STATUSES,
    THEIR_STATUSES,
    WORKERS,
)
from backend.repositories.sql.platform.constraints import EXPLAINED, explain
from backend.repositories.sql.platform.filters import one_of
from backend.repositories.sql.platform.keyset import Keyset, Sort

_NUMBER: TypeAdapter[Any] = TypeAdapter(Annotated[int, Field(ge=1, le=2**63 - 1)])
_BY_ID: Sort[JobPublic] = Sort(JOBS.c.id, attrgetter("id"), _NUMBER)
_DEFER_UNLESS_WAITING = text("""
    SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(
        :queue, :task, 0, NULL, NULL, CAST(:args AS jsonb), now() + CAST(:after AS interval)
    )::procrastinate_job_to_defer_v1])
    WHERE NOT EXISTS (
        SELECT FROM procrastinate_jobs WHERE task_name = :task AND status = 'todo' AND (
            scheduled_at IS NULL OR scheduled_at <= now() + CAST(:after AS interval)
        )
    )
""")
# A job for later waits since its time has come; the others, and those that have failed before,
# since they were deferred: of those the lowest id is the oldest, so that one event a queue is read.
_QUEUE_STATES = text("""
    SELECT queue_name AS queue, waiting, retrying, running, failed,
        coalesce(extract(epoch FROM now() - least(oldest_due, (
            SELECT min(at) FROM procrastinate_events
            WHERE job_id = first_id AND type = 'deferred'
        )))::float, 0) AS oldest_seconds
    FROM (
        SELECT queue_name,
            count(*) FILTER (
                WHERE status = 'todo' AND coalesce(scheduled_at <= now(), true)
            ) AS waiting,
            count(*) FILTER (
                WHERE status = 'todo' AND attempts > 0 AND scheduled_at > now()
            ) AS retrying,
            count(*) FILTER (WHERE status = 'doing') AS running,
            count(*) FILTER (WHERE status = 'failed') AS failed,
            min(id) FILTER (
                WHERE status = 'todo' AND (scheduled_at IS NULL OR attempts > 0)
            ) AS first_id,
            min(scheduled_at) FILTER (
                WHERE status = 'todo' AND scheduled_at <= now()
            ) AS oldest_due
        FROM procrastinate_jobs
        WHERE status IN ('todo', 'doing', 'failed')
        GROUP BY queue_name
    ) AS queues
""")


class SqlJobRepository:
    """Reads the tables of procrastinate; changes use its own functions where they exist."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, job_id: int, *, for_update: bool = False) -> JobPublic:
        picked = select(JOBS).where(JOBS.c.id == job_id)
        found = await self._rows(_whole(picked.with_for_update() if for_update else picked))
        if not found:
            raise NotFoundError(f"There is no job with the id {job_id}.")
        return _public(found[0])

    async def page(self, query: JobQuery) -> Page[JobPublic]:
        conditions = list(_conditions(query))
        keyset = Keyset("jobs", query.sort, _BY_ID, JOBS.c.id, _NUMBER)
        picked = keyset.apply(select(JOBS).where(*conditions), query.cursor, query.limit)
        rows = await self._rows(_whole(picked))
        rows.sort(key=attrgetter("id"), reverse=query.sort.startswith("-"))
        page = keyset.page([_public(row) for row in rows], query.limit)
        if query.total:
            some = select(JOBS.c.id).where(*conditions).limit(MAX_COUNTED).subquery()
            [counted] = await self._rows(select(func.count()).select_from(some))
            page.total = counted[0]
        return page

    async def start_over(self, job_ids: Sequence[int]) -> None:
        await self._update(
            job_ids,
            status="todo",
            scheduled_at=func.now(),
            attempts=0,
            abort_requested=False,
            worker_id=None,
            lock=None,
        )
        forgotten = update(JobFailure).where(col(JobFailure.job_id).in_(job_ids))
        connection = await self._session.connection()
        await connection.execute(forgotten.values(crashes=0))

    async def lock_failed(
        self, queues: Sequence[Queue], task: str | None, after: int, limit: int
    ) -> list[int]:
        which = JobQuery(status=[JobStatus.FAILED], queue=list(queues), task=task)
        failed = (
            select(JOBS.c.id)
            .where(*_conditions(which), JOBS.c.queueing_lock.is_(None), JOBS.c.id > after)
            .order_by(JOBS.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return [row.id for row in await self._rows(failed)]

    async def forgive_attempt(self, job_id: int) -> None:
        await self._update([job_id], attempts=JOBS.c.attempts - 1)

    async def cancel(self, job_id: int) -> None:
        await self._run("cancel_job", job_id=job_id, abort=True, delete_job=False)

    async def retry(self, job_id: int, *, alone: bool = False) -> None:
        changes = {"new_priority": None, "new_queue_name": None}
        lock = ALONE if alone else None
        await self._run("retry_job", job_id=job_id, retry_at=None, new_lock=lock, **changes)

    async def fail(self, job_id: int) -> None:
        await self._run("finish_job", job_id=job_id, status="failed", delete_job=False)

    async def abort(self, job_id: int) -> None:
        await self._run("finish_job", job_id=job_id, status="aborted", delete_job=False)

    async def bound_moments(self, longest_pause: timedelta) -> None:
        connection = await self._session.connection()
        # A live worker soon updates its heartbeat again, a dead one does not.
        ahead = update(WORKERS).where(WORKERS.c.last_heartbeat > func.now())
        await connection.execute(ahead.values(last_heartbeat=func.now()))
        paused = (JOBS.c.status == "todo", JOBS.c.scheduled_at > func.now() + longest_pause)
        late = select(JOBS.c.id).where(*paused).order_by(JOBS.c.id)
        locked = JOBS.c.id.in_(late.with_for_update(skip_locked=True))
        await connection.execute(update(JOBS).where(locked).values(scheduled_at=func.now()))

    async def lock_stalled(self, silence: timedelta) -> list[StalledJob]:
        silent = WORKERS.c.last_heartbeat < func.now() - silence
        gone = or_(WORKERS.c.id.is_(None), silent)
        begun = select(func.max(EVENTS.c.at)).where(
            EVENTS.c.job_id == JOBS.c.id, EVENTS.c.type == "started"
        )
        # Otherwise the database was down, and the worker may be reconnecting.
        crashed = begun.scalar_subquery() > func.pg_postmaster_start_time()
        return await self._lock_running(gone, func.coalesce(crashed, true()))

    async def lock_of_worker(self, worker_id: int) -> list[StalledJob]:
        return await self._lock_running(JOBS.c.worker_id == worker_id, false())

    async def _lock_running(
        self, condition: ColumnElement[bool], has_crashed: ColumnElement[bool]
    ) -> list[StalledJob]:
        failures = JobFailure.__table__  # type: ignore[attr-defined]  # a table class has one
        crashes = select(failures.c.crashes).where(failures.c.job_id == JOBS.c.id)
        running = (
            select(
                JOBS.c.id,
                JOBS.c.queue_name.label("queue"),
                JOBS.c.task_name.label("task"),
                JOBS.c.args,
                JOBS.c.attempts,
                JOBS.c.abort_requested.label("cancel_requested"),
                JOBS.c.queueing_lock.is_not(None).label("is_periodic"),
                has_crashed.label("has_crashed"),
                func.coalesce(crashes.scalar_subquery(), 0).label("crashes"),
            )
            .select_from(JOBS.outerjoin(WORKERS, WORKERS.c.id == JOBS.c.worker_id))
            .where(JOBS.c.status == "doing", condition)
            .with_for_update(of=JOBS, skip_locked=True)
        )
        return [StalledJob(**row._asdict()) for row in await self._rows(running)]

    async def keep_failure(self, failure: JobFailure) -> None:
        values = failure.model_dump()
        statement = insert(JobFailure).values(**values)
        crashes = col(JobFailure.crashes) + failure.crashes
        connection = await self._session.connection()
        await connection.execute(
            statement.on_conflict_do_update(
                index_elements=[col(JobFailure.job_id)], set_=values | {"crashes": crashes}
            )
        )

    async def defer_unless_waiting(self, job: JobRequest) -> None:
        given = {"queue": job.queue, "task": job.task, "args": json.dumps(job.args)}
        pause = {"after": job.after}
        await (await self._session.connection()).execute(_DEFER_UNLESS_WAITING, given | pause)

    async def queue_states(self) -> list[QueueState]:
        connection = await self._session.connection()
        rows = await connection.execute(_QUEUE_STATES)
        found = {row.queue: QueueState(**row._asdict()) for row in rows}
        idle = {queue.value: QueueState(queue) for queue in Queue}
        return list((idle | found).values())

    async def _rows(self, statement: Select[Any]) -> list[Row[Any]]:
        connection = await self._session.connection()
        return list(await connection.execute(statement))

    async def _update(self, job_ids: Sequence[int], **values: Any) -> None:
        connection = await self._session.connection()
        try:
            await connection.execute(update(JOBS).where(JOBS.c.id.in_(job_ids)).values(**values))
        except EXPLAINED as error:
            explain(error)

    async def _run(self, query: str, **parameters: Any) -> None:
        """A statement of procrastinate, in this transaction."""
        connection = await self._session.connection()
        await connection.exec_driver_sql(queries[query], parameters)


def _conditions(query: JobQuery) -> Iterator[ColumnElement[bool]]:
    if query.status:
        theirs = [word for status in query.status for word in THEIR_STATUSES[status]]
        yield one_of(JOBS.c.status, theirs)
    if query.queue:
        yield one_of(JOBS.c.queue_name, query.queue)
    if query.task is not None:
        yield JOBS.c.task_name == query.task


def _whole(picked: Select[Any]) -> Select[Any]:
    """Select jobs with their times and last failures."""
    job = picked.subquery()
    times = (
        select(
            func.min(EVENTS.c.at).filter(EVENTS.c.type == "deferred").label("created_at"),
            func.max(EVENTS.c.at).filter(EVENTS.c.type == "started").label("started_at"),
            func.max(EVENTS.c.at).filter(one_of(EVENTS.c.type, END_EVENTS)).label("ended_at"),
        )
        .where(EVENTS.c.job_id == job.c.id)
        .lateral()
    )
    failures = JobFailure.__table__  # type: ignore[attr-defined]  # a table class has one
    return select(job, times, failures.c.error, failures.c.failed_at).select_from(
        job.join(times, true()).outerjoin(failures, failures.c.job_id == job.c.id)
    )


def _public(row: Row[Any]) -> JobPublic:
    status = OUR_STATUSES[row.status]
    return JobPublic(
        id=row.id,
        task=row.task_name,
        queue=row.queue_name,
        status=status,
        # It is briefly -1 while a first attempt is handed back.
        attempts=max(row.attempts, 0),
        args=row.args,
        cancel_requested=row.abort_requested and status not in ENDED,
        scheduled_at=row.scheduled_at,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.ended_at if status in ENDED else None,
        last_error=row.error,
        last_failed_at=row.failed_at,
    )
