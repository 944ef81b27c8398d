from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from backend.models.background.jobs import JobFailure, JobPublic, JobQuery, QueueState, StalledJob
from backend.models.platform.job_requests import JobRequest, Queue
from backend.models.platform.paging import Page


class JobRepository(Protocol):
    """Existing jobs. `UnitOfWork.defer` creates new ones."""

    async def get(self, job_id: int, *, for_update: bool = False) -> JobPublic:
        """Read one job; with `for_update`, lock it until the unit of work ends.

        Raises:
            NotFoundError: there is no such job.
        """
        ...

    async def page(self, query: JobQuery) -> Page[JobPublic]:
        """One page, in one statement; its total takes another.

        Raises:
            InvalidCursorError: this list did not issue the cursor.
        """
        ...

    async def start_over(self, job_ids: Sequence[int]) -> None:
        """Requeue ended jobs with a fresh attempt count."""
        ...

    async def lock_failed(
        self, queues: Sequence[Queue], task: str | None, after: int, limit: int
    ) -> list[int]:
        """Return the ids of the next dead jobs except periodic ones; no queues means all.

        Those that somebody else has locked are left out.
        """
        ...

    async def cancel(self, job_id: int) -> None:
        """Cancel a waiting job, or ask the worker of a running one to stop it."""
        ...

    async def retry(self, job_id: int, *, alone: bool = False) -> None:
        """Requeue a running job immediately. The attempt counts.

        With `alone`, no other job marked `alone` runs at the same time.
        """
        ...

    async def fail(self, job_id: int) -> None:
        """End a running job as dead. The attempt counts."""
        ...

    async def abort(self, job_id: int) -> None:
        """End a running job as cancelled."""
        ...

    async def forgive_attempt(self, job_id: int) -> None:
        """Do not count the running attempt."""
        ...

    async def bound_moments(self, longest_pause: timedelta) -> None:
        """Correct heartbeats and retry times written before a clock went back."""
        ...

    async def lock_stalled(self, silence: timedelta) -> list[StalledJob]:
        """Return the running jobs of workers that are gone or have been silent for so long.

        Those that somebody else has locked are left out.
        """
        ...

    async def lock_of_worker(self, worker_id: int) -> list[StalledJob]:
        """Return the jobs that the database still assigns to a disconnected worker."""
        ...

    async def keep_failure(self, failure: JobFailure) -> None:
        """Store the failure, replacing the previous one; its crashes are added up."""
        ...

    async def defer_unless_waiting(self, job: JobRequest) -> None:
        """Create a job, unless one of its task waits that begins as soon.

        Like `UnitOfWork.defer` otherwise. The one that waits finds what was committed before.
        """
        ...

    async def queue_states(self) -> list[QueueState]:
        """Return the state of each queue that has jobs other than completed and cancelled ones."""
        ...
