"""Runs the worker of one queue, restarting it after an outage."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from functools import partial
from time import monotonic

from procrastinate import App
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import DeleteJobCondition
from procrastinate.worker import Worker
from sqlalchemy.exc import SQLAlchemyError

from backend.core.config import WorkerSettings
from backend.core.logging import get_logger
from backend.jobs.attempts import keeping_failures, telling_why_cancelled
from backend.jobs.observation import observe
from backend.jobs.periodic import SteadyWorker
from backend.jobs.retry import take_over_rules
from backend.models.platform.job_requests import Queue
from backend.services.background.jobs import JobService

_FIRST_PAUSE_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 5.0
_DELETED = {
    # They are many, and the next run does the remaining work: the log has their errors.
    Queue.MAINTENANCE: DeleteJobCondition.ALWAYS,
    # What they have done is written down by delivery.
    Queue.WEBHOOKS: DeleteJobCondition.SUCCESSFUL,
}
_log = get_logger("backend.jobs")


class QueueRunner:
    """Procrastinate's worker ends when it loses the database; this starts a new one."""

    def __init__(
        self, app: App, jobs: JobService, settings: WorkerSettings, queue: Queue, concurrency: int
    ) -> None:
        self._new_worker = partial(new_worker, app, jobs, settings, queue, concurrency)
        self._jobs = jobs
        self._rules = take_over_rules(settings)
        self._job_manager = app.job_manager
        self._queue = queue
        self._stopping = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self._worker: Worker | None = None
        self._lost_worker_id: int | None = None
        self._pause = _FIRST_PAUSE_SECONDS
        self._ended_at = monotonic()

    @property
    def away_for(self) -> timedelta | None:
        """How long ago the last worker ended; None while one runs."""
        if self._worker is not None and self._worker.worker_id is not None:
            return None
        return timedelta(seconds=monotonic() - self._ended_at)

    async def run(self) -> None:
        """Return once `stop` was called and the worker has ended."""
        self._running = asyncio.current_task()
        with suppress(asyncio.CancelledError):
            await self._run_until_stopped()

    def stop(self) -> None:
        self._stopping.set()
        if self.away_for is None and self._worker is not None:
            self._worker.stop()  # type: ignore[no-untyped-call]  # as the library has it
        elif self._running is not None:
            # There is nothing to drain, and the database that it waits for may stay down.
            self._running.cancel()

    async def _run_until_stopped(self) -> None:
        while not self._stopping.is_set():
            started = monotonic()
            reason = await self._run_worker()
            if monotonic() - started > _LONGEST_PAUSE_SECONDS:
                self._pause = _FIRST_PAUSE_SECONDS
            if not self._stopping.is_set():
                _log.warning("worker_ended", queue=self._queue, reason=reason, again_in=self._pause)
                await self._wait()

    async def _run_worker(self) -> str:
        """Run one worker until it ends, and return the reason."""
        try:
            await self._give_up_lost_worker()
            self._worker = self._new_worker()
            await self._worker.run()  # type: ignore[no-untyped-call]  # as the library has it
        except (ConnectorException, SQLAlchemyError) as error:
            return str(error.__cause__ or error).strip()
        except Exception as error:  # noqa: BLE001  # whatever it was, jobs wait for no person
            _log.exception("worker_failed", queue=self._queue)
            return repr(error)
        finally:
            self._note_end()
        return "it ended by itself, as an earlier log line explains"

    def _note_end(self) -> None:
        if self._worker is not None:
            if self._worker.worker_id is not None:
                # It could not unregister: its jobs are still running according to the database.
                self._lost_worker_id = self._worker.worker_id
            self._worker = None
            self._ended_at = monotonic()

    async def _give_up_lost_worker(self) -> None:
        """Requeue its jobs immediately, instead of after a silence: nothing has crashed."""
        if self._lost_worker_id is not None:
            await self._jobs.release(self._lost_worker_id, self._rules)
            await self._job_manager.unregister_worker(self._lost_worker_id)
            self._lost_worker_id = None

    async def _wait(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pause):
                await self._stopping.wait()
        self._pause = min(2 * self._pause, _LONGEST_PAUSE_SECONDS)


def new_worker(
    app: App, jobs: JobService, settings: WorkerSettings, queue: Queue, concurrency: int
) -> Worker:
    """Return procrastinate's worker of one queue, with the wrappers of attempts."""
    return SteadyWorker(
        app,
        queues=[queue.value],
        name=queue.value,
        concurrency=concurrency,
        fetch_job_polling_interval=settings.poll_seconds,
        abort_job_polling_interval=settings.poll_seconds,
        shutdown_graceful_timeout=settings.shutdown_seconds,
        # The server or the command has its own handlers.
        install_signal_handlers=False,
        update_heartbeat_interval=settings.heartbeat_seconds,
        stalled_worker_timeout=settings.stalled_seconds,
        delete_jobs=_DELETED.get(queue, DeleteJobCondition.NEVER),
        worker_middleware=[observe, keeping_failures(jobs), telling_why_cancelled(jobs)],
    )
