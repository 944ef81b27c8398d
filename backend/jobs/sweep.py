"""Takes over the jobs of workers that were killed: procrastinate leaves that to its users.

It is also why a worker notices that it has lost the database: procrastinate 3.10 stops watching
heartbeat and listener in an app without a periodic task.
"""

from datetime import timedelta
from functools import partial

from procrastinate import App

from backend.core.config import WorkerSettings
from backend.core.logging import get_logger
from backend.jobs.retry import NextTick, most_attempts
from backend.models.jobs import Queue
from backend.services.container import Services

_log = get_logger("backend.jobs")


def add_sweep_tasks(app: App, services: Services, settings: WorkerSettings) -> None:
    silence = timedelta(seconds=settings.stalled_seconds)
    limit = partial(most_attempts, settings)

    # The sixth field are the seconds. One sweep waits at most, even if nobody takes the queue.
    # Without a lock, which the sweep of a killed worker would hold: no other could take it over.
    @app.periodic(cron=f"* * * * * */{settings.sweep_seconds}")
    @app.task(
        name="take_over_stalled_jobs",
        queue=Queue.MAINTENANCE,
        queueing_lock="take_over_stalled_jobs",
        retry=NextTick(),
    )
    async def take_over_stalled_jobs(timestamp: int) -> None:  # noqa: ARG001  # when it was due
        taken = await services.jobs.take_over_stalled(silence, limit)
        if taken:
            _log.warning("jobs_taken_over", jobs=taken)
