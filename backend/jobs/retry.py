"""The retry strategy of all tasks, with a limit for each queue."""

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
    """Doubles the pause before each further attempt, and gives up after the last one.

    The jitter spreads the retries of jobs that failed at the same time.
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
        # A paused job would block all others with its lock; so it gets its own.
        return RetryDecision(retry_at=later, lock=f"job {job.id}" if job.lock else None)

    def delay(self, failed_before: int) -> float:
        """Return the pause in seconds. `failed_before` is the number of earlier failed attempts."""
        # 2 ** 64 exceeds every limit, and 2 ** 1024 overflows a float.
        delay = min(self._max_seconds, self._first * 2.0 ** min(failed_before, 64))
        return delay * random.uniform(0.5, 1)  # noqa: S311  # no secret


class NextTick(BaseRetryStrategy):
    """For periodic tasks, whose next run does the remaining work anyway."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> None:
        return None


def max_attempts(settings: WorkerSettings, queue: str) -> int:
    """Return the number of attempts at jobs of the queue before they are dead."""
    return settings.mail_attempts if queue == Queue.MAIL else settings.attempts


def take_over_rules(settings: WorkerSettings) -> TakeOverRules:
    return TakeOverRules(
        silence=timedelta(seconds=settings.stalled_seconds),
        max_attempts=partial(max_attempts, settings),
        max_crashes=settings.crashes,
        longest_pause=timedelta(seconds=settings.retry_max_seconds),
    )


def use_one_strategy(app: App, settings: WorkerSettings) -> None:
    """Set it on every task of the app without its own strategy."""
    for task in app.tasks.values():
        # Procrastinate's built-in tasks are shared with the other apps of the process.
        if task.blueprint is app and task.retry_strategy is None:
            attempts = max_attempts(settings, task.queue)
            task.retry_strategy = ExponentialBackoff(settings, attempts)
