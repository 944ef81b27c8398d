from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from backend.models.background.jobs import JobFailure, JobPublic, JobQuery, QueueState, StalledJob
from backend.models.platform.job_requests import Queue
from backend.models.platform.paging import Page


class JobRepository(Protocol):
    """Jobs that exist. New ones are deferred with `UnitOfWork.defer`."""

    async def get(self, job_id: int, *, for_update: bool = False) -> JobPublic:
        """Read one job; with `for_update`, lock it until the unit of work ends.

        Raises:
            NotFoundError: there is no such job.
        """
        ...

    async def page(self, query: JobQuery) -> Page[JobPublic]:
        """One page, in one statement; its total takes another.

        Raises:
            InvalidCursorError: this list did not give out the cursor.
        """
        ...

    async def start_over(self, job_ids: Sequence[int]) -> None:
        """Have jobs that have ended run again at once, with all their attempts before them."""
        ...

    async def lock_failed(
        self, queues: Sequence[Queue], task: str | None, after: int, limit: int
    ) -> list[int]:
        """The ids of the next dead jobs, without periodic ones; no queues stand for all.

        Those that somebody else has locked are left out.
        """
        ...

    async def cancel(self, job_id: int) -> None:
        """Take a job that waits out of its queue; tell the worker of one that runs to stop it."""
        ...

    async def retry(self, job_id: int, *, alone: bool = False) -> None:
        """Have a running job tried again at once. The attempt counts.

        With `alone`, no other job that is tried alone runs at the same time.
        """
        ...

    async def fail(self, job_id: int) -> None:
        """End a running job as dead. The attempt counts."""
        ...

    async def abort(self, job_id: int) -> None:
        """End a running job as cancelled."""
        ...

    async def forgive_attempt(self, job_id: int) -> None:
        """The attempt that is running shall not count once it has ended."""
        ...

    async def bound_moments(self, longest_pause: timedelta) -> None:
        """Bring back what lies further ahead than it can, as it was written before a clock
        went back: heartbeats, and the pauses before further attempts."""
        ...

    async def lock_stalled(self, silence: timedelta) -> list[StalledJob]:
        """The running jobs of workers that are gone, or were silent for so long.

        Those that somebody else has locked are left out.
        """
        ...

    async def lock_of_worker(self, worker_id: int) -> list[StalledJob]:
        """The jobs that a worker runs, according to the database, which it has lost."""
        ...

    async def keep_failure(self, failure: JobFailure) -> None:
        """Instead of the one before; its crashes are added to those that there were."""
        ...

    async def queue_states(self) -> list[QueueState]:
        """Of the queues that have a job which has not been completed or cancelled."""
        ...
