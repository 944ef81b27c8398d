"""The job that runs an execution."""

import asyncio
from uuid import UUID

from procrastinate import App, JobContext
from procrastinate.job_context import AbortReason

from backend.core.config import WorkerSettings
from backend.core.scopes import Within
from backend.jobs.attempts import job_id_of
from backend.models.platform.job_requests import Queue
from backend.services.background.executions import RUN_EXECUTION
from backend.services.container import Services


def add_execution_tasks(app: App, services: Services, settings: WorkerSettings) -> None:
    @app.task(name=RUN_EXECUTION, queue=Queue.EXECUTIONS, pass_context=True)
    async def run_execution(
        context: JobContext, execution_id: str, organisation_id: str | None = None
    ) -> None:
        scope, asked = Within.of_job(organisation_id), UUID(execution_id)
        job_id, is_last = job_id_of(context), context.job.attempts + 1 >= settings.attempts
        try:
            await services.background.executions.run(
                asked, scope, job_id=job_id, last_attempt=is_last
            )
        except asyncio.CancelledError:
            if context.abort_reason() is AbortReason.USER_REQUEST:
                await services.background.executions.end_stopped(asked, scope, job_id)
            raise
