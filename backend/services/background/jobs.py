from collections.abc import Mapping, Sequence
from typing import NamedTuple

from backend.core.errors import ConflictError
from backend.core.permissions import Principal, SubjectKind
from backend.core.scopes import SYSTEM
from backend.models.background.jobs import (
    JobFailure,
    JobPublic,
    JobQuery,
    JobStatus,
    QueueState,
    StalledJob,
    TakeOverRules,
)
from backend.models.platform.domain_events import Changes, ResourceChanged
from backend.models.platform.job_requests import Queue
from backend.models.platform.paging import Page
from backend.repositories.background.unit import BackgroundUnit, BackgroundUnits

_RETRIED_AT_ONCE = 100

WORKER_DIED = "Its worker died, or was disconnected from the database."
DATABASE_LOST = "Its worker lost its connection to the database."

_NOT_TO_RETRY: Mapping[JobStatus, str] = {
    JobStatus.PENDING: "The job is already waiting for its turn.",
    JobStatus.RUNNING: "The job is running; cancel it first, or wait for it to end.",
    JobStatus.COMPLETED: "The job has completed; it can't be run again.",
}
_NOT_TO_CANCEL: Mapping[JobStatus, str] = {
    JobStatus.COMPLETED: "The job has already completed.",
    JobStatus.FAILED: "The job has already failed for good.",
    JobStatus.CANCELLED: "The job is already cancelled.",
}


class TakenOver(NamedTuple):
    """
    Attributes:
        jobs: how many were taken over.
        dead: those of them that are not retried.
    """

    jobs: int
    dead: list[StalledJob]


class JobService:
    """Jobs: their administration, and the records of workers about them."""

    def __init__(self, uow: BackgroundUnits) -> None:
        self._uow = uow

    async def read(self, job_id: int) -> JobPublic:
        """Raises NotFoundError."""
        async with self._uow.reading(SYSTEM) as uow:
            return await uow.jobs.get(job_id)

    async def page(self, query: JobQuery) -> Page[JobPublic]:
        """Raises InvalidCursorError."""
        async with self._uow.reading(SYSTEM) as uow:
            return await uow.jobs.page(query)

    async def retry(self, job_id: int, by: Principal | None = None) -> JobPublic:
        """Run a failed or cancelled job again now, with all its attempts.

        Raises:
            NotFoundError: there is no such job.
            ConflictError: it is neither failed nor cancelled.
        """
        async with self._uow(by or SYSTEM) as uow:
            job = await self._locked(uow, job_id, _NOT_TO_RETRY)
            await uow.jobs.start_over([job_id])
            return await self._record_change(uow, job, "retried", by)

    async def retry_failed(
        self,
        queues: Sequence[Queue] = (),
        task: str | None = None,
        by: Principal | None = None,
    ) -> int:
        """Like `retry`, for all dead jobs of the queues and the task; returns how many.

        Skips periodic jobs, whose next run does their work. If it is interrupted, only some have
        been retried.
        """
        retried, last = 0, 0
        while some := await self._retry_some(queues, task, last, by):
            retried, last = retried + len(some), some[-1]
        return retried

    async def cancel(self, job_id: int, by: Principal | None = None) -> JobPublic:
        """Cancel a waiting job, or request the end of a running one.

        Raises:
            NotFoundError: there is no such job.
            ConflictError: it has already ended.
        """
        async with self._uow(by or SYSTEM) as uow:
            job = await self._locked(uow, job_id, _NOT_TO_CANCEL)
            await uow.jobs.cancel(job_id)
            return await self._record_change(uow, job, "cancelled", by)

    async def queue_states(self) -> list[QueueState]:
        """For the metrics."""
        async with self._uow.reading(SYSTEM) as uow:
            return await uow.jobs.queue_states()

    async def keep_failure(self, failure: JobFailure) -> None:
        """Record a failed attempt; called by its worker."""
        async with self._uow(SYSTEM) as uow:
            await uow.jobs.keep_failure(failure)
            await uow.commit()

    async def forgive_attempt(self, job_id: int) -> None:
        """Hand back a job of a worker that is stopping. The attempt does not count."""
        async with self._uow(SYSTEM) as uow:
            await uow.jobs.forgive_attempt(job_id)
            await uow.commit()

    async def take_over_stalled(self, rules: TakeOverRules) -> TakenOver:
        """Retry the jobs of dead workers, or end them after the last attempt.

        Otherwise they would stay `running` for ever. A job that may kill its workers is dead after
        a few crashes: before the last, it is tried alone, so that jobs that only ran beside it
        survive.
        """
        async with self._uow(SYSTEM) as uow:
            await uow.jobs.bound_moments(rules.longest_pause)
            stalled = await uow.jobs.lock_stalled(rules.silence)
            dead = [job for job in stalled if await self._take_over(uow, job, rules)]
            await uow.commit()
        return TakenOver(len(stalled), dead)

    async def release(self, worker_id: int, rules: TakeOverRules) -> None:
        """Like `take_over_stalled`, for a worker of this process that lost its connection."""
        async with self._uow(SYSTEM) as uow:
            for job in await uow.jobs.lock_of_worker(worker_id):
                await self._take_over(uow, job, rules)
            await uow.commit()

    async def _retry_some(
        self, queues: Sequence[Queue], task: str | None, after: int, by: Principal | None
    ) -> list[int]:
        async with self._uow(by or SYSTEM) as uow:
            ids = await uow.jobs.lock_failed(queues, task, after, _RETRIED_AT_ONCE)
            await uow.jobs.start_over(ids)
            for job_id in ids:
                uow.record(_changed(job_id, JobStatus.FAILED, JobStatus.PENDING, "retried", by))
            await uow.commit()
        return ids

    async def _take_over(self, uow: BackgroundUnit, job: StalledJob, rules: TakeOverRules) -> bool:
        """Whether it is dead now."""
        attempts, crashes = job.attempts + 1, job.crashes + job.has_crashed
        is_deadly = job.has_crashed and crashes >= rules.max_crashes
        reason = WORKER_DIED if job.has_crashed else DATABASE_LOST
        failure = JobFailure(
            job_id=job.id,
            attempts=attempts,
            crashes=int(job.has_crashed),
            error=died_often(crashes) if is_deadly else reason,
        )
        await uow.jobs.keep_failure(failure)
        # The next run of a periodic job does the work of this one.
        if job.cancel_requested or job.is_periodic:
            await uow.jobs.abort(job.id)
            return False
        if is_deadly or attempts >= rules.max_attempts(job.queue):
            await uow.jobs.fail(job.id)
            return True
        await uow.jobs.retry(job.id, alone=crashes == rules.max_crashes - 1)
        return False

    async def _locked(
        self, uow: BackgroundUnit, job_id: int, refused: Mapping[JobStatus, str]
    ) -> JobPublic:
        job = await uow.jobs.get(job_id, for_update=True)
        if job.status in refused:
            raise ConflictError(refused[job.status])
        return job

    async def _record_change(
        self, uow: BackgroundUnit, before: JobPublic, verb: str, by: Principal | None
    ) -> JobPublic:
        """Record the change and commit it."""
        after = await uow.jobs.get(before.id)
        uow.record(_changed(before.id, before.status, after.status, verb, by))
        await uow.commit()
        return after


def died_often(crashes: int) -> str:
    times = "once" if crashes == 1 else f"{crashes} times"
    return f"Its worker died {times} while it ran, perhaps because of it: it is not retried."


def _changed(
    job_id: int, before: JobStatus, after: JobStatus, verb: str, by: Principal | None
) -> ResourceChanged:
    """Ids of jobs are numbers, which can't be the subject of an event."""
    changes: Changes = {
        "job_id": {"before": job_id, "after": job_id},
        "status": {"before": before, "after": after},
    }
    return ResourceChanged(kind=SubjectKind.JOB, verb=verb, subject_id=None, by=by, changes=changes)
