"""The worker that `benchmarks.jobs` measures: `mvp worker` with tasks that do next to nothing."""

import asyncio

from procrastinate import App, JobContext
from sqlalchemy import text
from uvicorn.loops.auto import auto_loop_factory

from backend.core.config import Settings
from backend.core.database import Database
from backend.core.logging import configure_logging
from backend.jobs.retry import use_one_strategy
from backend.models.platform.job_requests import Queue
from backend.process_state import process_state
from backend.worker import make_supervisor, run_until_stopped


def add_tasks(app: App, database: Database) -> None:
    @app.task(name="nothing", queue=Queue.EVENTS)
    async def nothing() -> None:
        """Measures the worker."""

    @app.task(name="note", queue=Queue.EVENTS, pass_context=True)
    async def note(context: JobContext) -> None:
        """Write down when this has started."""
        async with database.engine.connect() as connection:
            await connection.execute(
                text("INSERT INTO started VALUES (:job_id, clock_timestamp())"),
                {"job_id": context.job.id},
            )


async def main() -> None:
    settings = Settings.load()
    configure_logging(settings)
    database = Database(settings.database)
    supervisor = make_supervisor(settings, database, process_state(settings))
    add_tasks(supervisor.app, database)
    use_one_strategy(supervisor.app, settings.worker)
    await run_until_stopped(supervisor)
    await database.close()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        runner.run(main())
