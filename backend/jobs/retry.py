"""When a job is tried again: one strategy for all tasks, with a limit for each queue."""

import random
from datetime import timedelta
from functools import partial

from procrastinate import App, BaseRetryStrategy, RetryDecision
from procrastinate.jobs import Job

from backend.core.config import WorkerSettings
from backend.jobs.attempts import HandedBackError
from backend.models.background.jobs import TakeOverRules
from backend.models.platform.job_requests import Queue
from backend.models.platform.mixins import now


class ExponentialBackoff(BaseRetryStrategy):
    """Waits twice as long before each further attempt, and gives up after the last one.

    The jitter keeps jobs that failed together, as a server went down, from coming back together.
    """

    def __init__(self, settings: WorkerSettings, attempts: int) -> None:
        self._attempts = attempts
        self._first = settings.retry_seconds
        self._max_seconds = settings.retry_max_seconds

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, HandedBackError):
            return RetryDecision()
        if job.attempts + 1 >= self._attempts:
            return None
        later = now() + timedelta(seconds=self.delay(job.attempts))
        # What pauses would hold back all others of its lock; so it gets one of its own.
        return RetryDecision(retry_at=later, lock=f"job {job.id}" if job.lock else None)

    def delay(self, failed_before: int) -> float:
        """In seconds. `failed_before` is the number of attempts that failed before this one."""
        # Beyond 2 ** 64 a float has long reached every limit, and 2 ** 1024 is none any more.
        delay = min(self._max_seconds, self._first * 2.0 ** min(failed_before, 64))
        return delay * random.uniform(0.5, 1)  # noqa: S311  # no secret


class NextTick(BaseRetryStrategy):
    """For periodic tasks that do what is left over at their next run anyway."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> None:
        return None


def max_attempts(settings: WorkerSettings, queue: str) -> int:
    """How often a job of the queue is tried before it is dead."""
    return settings.mail_attempts if queue == Queue.MAIL else settings.attempts


def take_over_rules(settings: WorkerSettings) -> TakeOverRules:
    return TakeOverRules(
        silence=timedelta(seconds=settings.stalled_seconds),
        max_attempts=partial(max_attempts, settings),
        max_crashes=settings.crashes,
        longest_pause=timedelta(seconds=settings.retry_max_seconds),
    )


def use_one_strategy(app: App, settings: WorkerSettings) -> None:
    """Give it to every task of the app that has none of its own."""
    for task in app.tasks.values():
        # Procrastinate's built-in tasks are shared with the other apps of the process.
        if task.blueprint is app and task.retry_strategy is None:
            attempts = max_attempts(settings, task.queue)
            task.retry_strategy = ExponentialBackoff(settings, attempts)
