"""The command: `uv run python -m benchmarks.events`. See README.md."""

import asyncio
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated
from uuid import UUID

import httpx2
import psycopg
import typer
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from backend.core.config import DatabaseSettings
from backend.core.database import Database
from backend.core.embedded import embedded_postgres
from backend.core.scopes import SYSTEM
from backend.jobs.subscriptions import jobs_for
from backend.models.platform.domain_events import TaskAssigned
from backend.models.tasks.tasks import Task, TaskPriority
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from benchmarks.server import MVP, running_server, signed_in

_MAX_LATENCY_MS = 50
_MAX_CPU_MS = 1.5
# The handler's own first statements are within it.
_LATENCIES = """
    SELECT extract(epoch FROM started.at - events.occurred_at)::float * 1000
    FROM events
    JOIN procrastinate_jobs AS jobs ON jobs.args ->> 'event_id' = events.id::text
    JOIN procrastinate_events AS started ON started.job_id = jobs.id AND started.type = 'started'
    WHERE events.type = 'module.created'
"""


def main(
    events: Annotated[int, typer.Option(min=10, help="Events, one after the other.")] = 100,
    writes: Annotated[int, typer.Option(min=100, help="Writes, with and without one.")] = 2_000,
) -> None:
    """Measure how soon an event is handled, and what recording one costs."""
    one, two = _latency(events, processes=1), _latency(events, processes=2)
    cost = _cost(writes)
    table = Table("measure", "found", "demanded")
    table.add_row("recorded to started, one process, ms", f"{one:.1f}", f"< {_MAX_LATENCY_MS}")
    table.add_row("recorded to started, two processes, ms", f"{two:.1f}", f"< {_MAX_LATENCY_MS}")
    table.add_row("an event with a subscriber, CPU ms", f"{cost:.2f}", f"< {_MAX_CPU_MS}")
    Console().print(table)
    raise typer.Exit(0 if max(one, two) < _MAX_LATENCY_MS and cost < _MAX_CPU_MS else 1)


def _latency(events: int, *, processes: int) -> float:
    """Median milliseconds, while nothing else runs."""
    with tempfile.TemporaryDirectory(prefix="mvp-events-") as name:
        folder = Path(name)
        with embedded_postgres(folder / "database") as url:
            settings = {"DATABASE_URL": url, "WORKER_ENABLED": str(processes == 1)}
            with running_server(folder, settings) as server, signed_in(server.url) as client:
                with _workers(url, processes - 1):
                    _create_modules(client, events)
                    time.sleep(1)
                with psycopg.connect(url) as database:
                    found: list[float] = [each for (each,) in database.execute(_LATENCIES)]
    if len(found) != events:
        raise RuntimeError(f"{len(found)} of {events} events were handled")
    return statistics.median(found)


@contextmanager
def _workers(url: str, count: int) -> Iterator[None]:
    settings = os.environ | {"DATABASE_URL": url, "LOG_LEVEL": "WARNING"}
    workers = [subprocess.Popen([str(MVP), "worker"], env=settings) for _ in range(count)]
    if workers:
        time.sleep(5)  # Until it listens.
    try:
        yield
    finally:
        for worker in workers:
            worker.terminate()
            worker.wait(timeout=30)


def _create_modules(client: httpx2.Client, count: int) -> None:
    for number in range(count):
        client.post("/api/v1/modules", json={"title": f"Module {number}"}).raise_for_status()
        time.sleep(0.02)


def _cost(writes: int) -> float:
    """CPU milliseconds that an event adds to a write, in the process that writes."""
    with (
        tempfile.TemporaryDirectory(prefix="mvp-events-") as name,
        embedded_postgres(Path(name, "database")) as url,
    ):
        settings = os.environ | {"DATABASE_URL": url, "LOG_LEVEL": "WARNING"}
        subprocess.run([str(MVP), "migrate", "upgrade"], env=settings, check=True)
        return asyncio.run(_difference(url, writes // 5))


async def _difference(url: str, writes: int) -> float:
    database = Database(DatabaseSettings(url=SecretStr(url)))
    uow = SqlUnitOfWorkFactory(database, subscriptions=jobs_for)
    with_event, without = [], []
    for _ in range(5):  # In turn, so that a busy machine slows both.
        without.append(await _cpu_ms(lambda: _write(uow, tell=False), writes))
        with_event.append(await _cpu_ms(lambda: _write(uow, tell=True), writes))
    await database.close()
    return statistics.median(with_event) - statistics.median(without)


async def _cpu_ms(write: Callable[[], Awaitable[None]], count: int) -> float:
    started = time.process_time()
    for _ in range(count):
        await write()
    return (time.process_time() - started) * 1000 / count


async def _write(uow: SqlUnitOfWorkFactory, *, tell: bool) -> None:
    task = Task(title="Call", description="", priority=TaskPriority.NORMAL)
    async with uow(SYSTEM) as unit:
        await unit.tasks.save(task)
        if tell:
            changes = {"assignee_id": {"before": None, "after": str(UUID(int=1))}}
            unit.record(TaskAssigned(subject_id=task.id, changes=changes))
        await unit.commit()


if __name__ == "__main__":
    typer.run(main)
