"""`mvp worker`: runs jobs in a process of their own."""

import asyncio
from typing import Annotated

import typer
from uvicorn.loops.auto import auto_loop_factory

from backend.cli.runtime import database_of, require_bound_role
from backend.cli.stopping import stopping_cleanly
from backend.core.config import ConfigurationError, Settings
from backend.core.logging import configure_logging
from backend.core.orphans import stop_with_parent
from backend.core.production import refuse_unsafe
from backend.models.platform.job_requests import Queue
from backend.worker import concurrency, work

app = typer.Typer()


@app.command()
def worker(
    queues: Annotated[
        str | None, typer.Option(help="Such as events,mail; all if left out.")
    ] = None,
    at_once: Annotated[
        int | None,
        typer.Option("--concurrency", min=1, max=100, help="Concurrent jobs of each queue."),
    ] = None,
) -> None:
    """Run jobs, in addition to servers with or without `--no-worker`, on any number of machines."""
    settings = Settings.load()
    chosen = _chosen(queues) if queues is not None else list(Queue)
    configure_logging(settings)
    refuse_unsafe(settings)
    stop_with_parent(settings.worker.shutdown_seconds + 1)
    usual = concurrency(settings.worker)
    with (
        stopping_cleanly(),
        database_of(settings) as ready,
        asyncio.Runner(loop_factory=auto_loop_factory()) as runner,
    ):
        require_bound_role(ready)
        runner.run(work(ready, {queue: at_once or usual[queue] for queue in chosen}))


def _chosen(names: str) -> list[Queue]:
    """Raises ConfigurationError for a queue that does not exist."""
    try:
        return [Queue(name.strip()) for name in names.split(",")]
    except ValueError as error:
        known = ",".join(Queue)
        raise ConfigurationError(f"--queues: {error}; choose from {known}") from None
