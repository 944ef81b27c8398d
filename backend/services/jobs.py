from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from backend.core.errors import ConflictError
from backend.core.permissions import Principal
from backend.models.domain_events import Changes, ResourceChanged, SubjectKind
from backend.models.jobs import (
    JobFailure,
    JobPublic,
    JobQuery,
    JobStatus,
    Queue,
    QueueState,
    StalledJob,
)
from backend.models.paging import Page
from backend.repositories.unit_of_work import UnitOfWork, UnitOfWorkFactory

_RETRIED_AT_ONCE = 100

WORKER_DIED = "Its worker died, or lost the database."

_NOT_TO_RETRY: Mapping[JobStatus, str] = {
    JobStatus.PENDING: "The job waits for its turn already.",
    JobStatus.RUNNING: "The job is running; cancel it first, or wait for its end.",
    JobStatus.COMPLETED: "The job is completed; what is done is not done again.",
}
_NOT_TO_CANCEL: Mapping[JobStatus, str] = {
    JobStatus.COMPLETED: "The job is completed already.",
    JobStatus.FAILED: "The job has failed for good already.",
    JobStatus.CANCELLED: "The job is cancelled already.",
}


class JobService:
    """Jobs as admins look after them, and what workers write down about them."""

    def __init__(self, uow: UnitOfWorkFactory) -> None:
        self._uow = uow

    async def read(self, job_id: int) -> JobPublic:
        """Raises NotFoundError."""
        async with self._uow.reading() as uow:
            return await uow.jobs.get(job_id)

    async def page(self, query: JobQuery) -> Page[JobPublic]:
        """Raises InvalidCursorError."""
        async with self._uow.reading() as uow:
            return await uow.jobs.page(query)

    async def retry(self, job_id: int, by: Principal | None = None) -> JobPublic:
        """Have a failed or cancelled job run again, at once and with all its attempts.

        Raises:
            NotFoundError: there is no such job.
            ConflictError: it is neither failed nor cancelled.
        """
        async with self._uow() as uow:
            job = await self._locked(uow, job_id, _NOT_TO_RETRY)
            await uow.jobs.start_over([job_id])
            return await self._told(uow, job, "retried", by)

    async def retry_failed(
        self,
        queues: Sequence[Queue] = (),
        task: str | None = None,
        by: Principal | None = None,
    ) -> int:
        """As `retry`, for all dead jobs of the queues and the task; answers how many.

        Not for periodic ones, whose next run does their work. If it is interrupted, some have
        been retried, and the others have not.
        """
        retried, last = 0, 0
        while some := await self._retry_some(queues, task, last, by):
            retried, last = retried + len(some), some[-1]
        return retried

    async def cancel(self, job_id: int, by: Principal | None = None) -> JobPublic:
        """Cancel a waiting job, or ask for the end of a running one.

        Raises:
            NotFoundError: there is no such job.
            ConflictError: it has come to its end.
        """
        async with self._uow() as uow:
            job = await self._locked(uow, job_id, _NOT_TO_CANCEL)
            await uow.jobs.cancel(job_id)
            return await self._told(uow, job, "cancelled", by)

    async def queue_states(self) -> list[QueueState]:
        """For the metrics."""
        async with self._uow.reading() as uow:
            return await uow.jobs.queue_states()

    async def keep_failure(self, failure: JobFailure) -> None:
        """Called by the worker whose attempt has failed."""
        async with self._uow() as uow:
            await uow.jobs.keep_failure(failure)
            await uow.commit()

    async def forgive_attempt(self, job_id: int) -> None:
        """Called by the worker that stops before the job is done: the job can't help it."""
        async with self._uow() as uow:
            await uow.jobs.forgive_attempt(job_id)
            await uow.commit()

    async def take_over_stalled(
        self, silence: timedelta, most_attempts: Callable[[str], int]
    ) -> int:
        """Retry the jobs of dead workers, or end them after the last attempt; answers how many.

        `most_attempts` tells the limit of a queue.
        Without it they would run for ever, according to the database.
        """
        async with self._uow() as uow:
            stalled = await uow.jobs.lock_stalled(silence)
            for job in stalled:
                await self._take_over(uow, job, most_attempts(job.queue))
            await uow.commit()
        return len(stalled)

    async def _retry_some(
        self, queues: Sequence[Queue], task: str | None, after: int, by: Principal | None
    ) -> list[int]:
        async with self._uow() as uow:
            ids = await uow.jobs.lock_failed(queues, task, after, _RETRIED_AT_ONCE)
            await uow.jobs.start_over(ids)
            for job_id in ids:
                uow.record(_changed(job_id, JobStatus.FAILED, JobStatus.PENDING, "retried", by))
            await uow.commit()
        return ids

    async def _take_over(self, uow: UnitOfWork, job: StalledJob, most_attempts: int) -> None:
        attempts = job.attempts + 1
        await uow.jobs.keep_failure(JobFailure(job_id=job.id, attempts=attempts, error=WORKER_DIED))
        # The next run of a periodic job does the work of this one.
        if job.cancel_requested or job.is_periodic:
            await uow.jobs.abort(job.id)
        elif attempts >= most_attempts:
            await uow.jobs.fail(job.id)
        else:
            await uow.jobs.retry(job.id)

    async def _locked(
        self, uow: UnitOfWork, job_id: int, refused: Mapping[JobStatus, str]
    ) -> JobPublic:
        job = await uow.jobs.get(job_id, for_update=True)
        if job.status in refused:
            raise ConflictError(refused[job.status])
        return job

    async def _told(
        self, uow: UnitOfWork, before: JobPublic, verb: str, by: Principal | None
    ) -> JobPublic:
        """Record the change and commit it."""
        after = await uow.jobs.get(before.id)
        uow.record(_changed(before.id, before.status, after.status, verb, by))
        await uow.commit()
        return after


def _changed(
    job_id: int, before: JobStatus, after: JobStatus, verb: str, by: Principal | None
) -> ResourceChanged:
    """Ids of jobs are numbers, and no subject of an event."""
    changes: Changes = {
        "job_id": {"before": job_id, "after": job_id},
        "status": {"before": before, "after": after},
    }
    return ResourceChanged(kind=SubjectKind.JOB, verb=verb, subject_id=None, by=by, changes=changes)
