"""The composition root of the worker, inside `mvp serve` or by itself as `mvp worker`."""

import asyncio
import signal
from collections.abc import Mapping

from prometheus_client import start_http_server

from backend.core.config import ConfigurationError, Settings, WorkerSettings
from backend.core.database import Database
from backend.core.logging import get_logger
from backend.core.permissions import Means
from backend.jobs.app import build_jobs
from backend.jobs.connection import make_connector
from backend.jobs.supervisor import Supervisor
from backend.models.platform.job_requests import Queue
from backend.process_state import ProcessState, process_state
from backend.wiring import migrated, units_of_work, wire

_log = get_logger(__name__)


def make_supervisor(
    settings: Settings,
    database: Database,
    state: ProcessState,
    queues: Mapping[Queue, int] | None = None,
) -> Supervisor:
    """Build the worker. Nothing is opened before it runs.

    Args:
        queues: concurrent jobs by queue; by default all queues, according to the settings.
    """
    services = wire(settings, units_of_work(database, Means.JOB, state.caches), {}, state)
    app = build_jobs(make_connector(settings.database), services, settings.worker)
    return Supervisor(
        app, services.background.jobs, settings.worker, queues or concurrency(settings.worker)
    )


def concurrency(settings: WorkerSettings) -> dict[Queue, int]:
    """Return the number of concurrent jobs of each queue in a process."""
    return {
        Queue.EVENTS: settings.events_concurrency,
        Queue.MAIL: settings.mail_concurrency,
        Queue.EXECUTIONS: settings.executions_concurrency,
        Queue.WEBHOOKS: settings.webhooks_concurrency,
        Queue.MAINTENANCE: settings.maintenance_concurrency,
    }


def queues_of_server(settings: WorkerSettings) -> dict[Queue, int]:
    """Like `concurrency`, for a server: executions may run in a separate process."""
    at_once = concurrency(settings)
    if settings.executions_apart:
        del at_once[Queue.EXECUTIONS]
    return at_once


async def work(settings: Settings, queues: Mapping[Queue, int]) -> None:
    """Run jobs until a signal to stop.

    Raises:
        ConfigurationError: the port for metrics is taken, or the database is not migrated.
    """
    _serve_metrics(settings)
    database = Database(settings.database, show_parameters=settings.general.debug)
    state = process_state(settings)
    try:
        if problem := await migrated(database)():
            raise ConfigurationError(f"DATABASE_URL: the database is {problem}")
        _log.info("worker_started", queues=[queue.value for queue in queues])
        await run_until_stopped(make_supervisor(settings, database, state, queues))
        _log.info("worker_stopped")
    finally:
        await state.close()
        await database.close()


def _serve_metrics(settings: Settings) -> None:
    """Serve metrics from a thread, if a port is set. They exclude requests and queues."""
    host, port = settings.server.host, settings.worker.metrics_port
    if port is None:
        return
    try:
        start_http_server(port, host)
    except OSError as error:
        raise ConfigurationError(
            f"WORKER_METRICS_PORT: can't listen on {host}:{port} ({error.strerror}); "
            "stop what uses it, or choose another port"
        ) from None


async def run_until_stopped(supervisor: Supervisor) -> None:
    """Return after SIGTERM or SIGINT, once the workers have ended."""
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, supervisor.stop)
    await supervisor.run()
