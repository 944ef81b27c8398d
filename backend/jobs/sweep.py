"""Takes over the jobs of workers that were killed: procrastinate leaves that to its users.

It also lets a worker notice that it has lost the database: procrastinate 3.10 does not watch
heartbeat and listener in an app without periodic tasks.
"""

from uuid import UUID

from procrastinate import App

from backend.core.config import WorkerSettings
from backend.core.logging import get_logger
from backend.core.scopes import Within
from backend.jobs.retry import NextTick, take_over_rules
from backend.models.platform.job_requests import Queue
from backend.services.background.executions import RUN_EXECUTION
from backend.services.container import Services

_log = get_logger("backend.jobs")


def add_sweep_tasks(app: App, services: Services, settings: WorkerSettings) -> None:
    rules = take_over_rules(settings)

    # The sixth field is the seconds. At most one sweep is waiting, even if nobody takes the queue.
    # Without a lock, which the sweep of a killed worker would keep, blocking all others.
    @app.periodic(cron=f"* * * * * */{settings.sweep_seconds}")
    @app.task(
        name="take_over_stalled_jobs",
        queue=Queue.MAINTENANCE,
        queueing_lock="take_over_stalled_jobs",
        retry=NextTick(),
    )
    async def take_over_stalled_jobs(timestamp: int) -> None:  # noqa: ARG001  # when it was due
        taken = await services.background.jobs.take_over_stalled(rules)
        if taken.jobs:
            _log.warning("jobs_taken_over", jobs=taken.jobs)
        for job in taken.dead:
            _log.error("job_dead", job=job.id, task=job.task, crashes=job.crashes + 1)
            if job.task == RUN_EXECUTION:
                scope = Within.of_job(job.args.get("organisation_id"))
                await services.background.executions.end_crashed(
                    UUID(job.args["execution_id"]), scope, job.id
                )
