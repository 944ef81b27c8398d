"""Keeps a worker for each queue running, and ends them gracefully."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

from procrastinate import App

from backend.core.config import WorkerSettings
from backend.jobs.runner import QueueRunner
from backend.models.platform.job_requests import Queue
from backend.services.background.jobs import JobService


class Supervisor:
    """Runs the workers of one process.

    Attributes:
        app: tasks may be added to it until it runs.
    """

    def __init__(
        self, app: App, jobs: JobService, settings: WorkerSettings, queues: Mapping[Queue, int]
    ) -> None:
        """`queues` are those to work on, each with its number of concurrent jobs."""
        self.app = app
        self._patience = timedelta(seconds=settings.stalled_seconds)
        self._runners = [
            QueueRunner(app, jobs, settings, queue, concurrency)
            for queue, concurrency in queues.items()
        ]

    async def run(self) -> None:
        """Return when `stop` was called and the workers have ended."""
        async with self.app.open_async():
            await asyncio.gather(*(runner.run() for runner in self._runners))

    def stop(self) -> None:
        """Take no further jobs; running ones may finish, or are handed back."""
        for runner in self._runners:
            runner.stop()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run during the block."""
        running = asyncio.create_task(self.run(), name="supervisor of jobs")
        try:
            yield
        finally:
            self.stop()
            await running

    async def check(self) -> str | None:
        """For the probes: report how long a worker has been down; None if all run, or will soon.

        After an outage a worker may need a few seconds longer than requests do.
        """
        away = [runner.away_for for runner in self._runners]
        longest = max((each for each in away if each is not None), default=None)
        if longest is None or longest < self._patience:
            return None
        return f"not running for {longest.total_seconds():.0f} seconds"
