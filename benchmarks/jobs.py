"""The command: `uv run python -m benchmarks.jobs`. See README.md."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import httpx2
import psycopg
import typer
from rich.console import Console
from rich.table import Table

from backend.core.embedded import embedded_postgres
from benchmarks.server import running_server, signed_in

_LEAST_PER_SECOND = 150
_MAX_SLOWDOWN = 1.3
_MAX_LATENCY_MS = 50
# What counts and times jobs, so that the worker itself has nothing to add.
_TABLE = "CREATE TABLE started (job_id bigint, at timestamptz)"
_DEFER = """
    INSERT INTO procrastinate_jobs (queue_name, task_name)
    SELECT 'events', %s FROM generate_series(1, %s)
"""
_DONE = "SELECT count(*) FROM procrastinate_jobs WHERE status = 'succeeded' AND task_name = %s"
_LATENCIES = """
    SELECT extract(epoch FROM s.at - e.at)::float * 1000 FROM started s
    JOIN procrastinate_events e ON e.job_id = s.job_id AND e.type = 'deferred'
"""
_console = Console(stderr=True)


def main(
    jobs: Annotated[int, typer.Option(min=100, help="How many jobs are run at once.")] = 3_000,
    reads: Annotated[int, typer.Option(min=100, help="Reads, without and with jobs.")] = 500,
    singles: Annotated[int, typer.Option(min=10, help="Jobs deferred one by one.")] = 100,
    rounds: Annotated[int, typer.Option(min=1, help="How often both kinds of reads.")] = 5,
) -> None:
    """Measure how many jobs a worker runs, how soon, and what the API feels of it."""
    with (
        _scene() as (url, database_url),
        signed_in(url) as client,
        psycopg.connect(database_url, autocommit=True) as database,
    ):
        latency = _latency(database, singles)
        per_second = _throughput(database, jobs)
        pairs = [_slowdown(client, database, reads, jobs) for _ in range(rounds)]
    alone, beside = (statistics.median(each) for each in zip(*pairs, strict=True))
    table = Table("measure", "found", "demanded")
    table.add_row("jobs a second, one worker", f"{per_second:,.0f}", f">= {_LEAST_PER_SECOND}")
    table.add_row("deferred to started, median ms", f"{latency:.1f}", f"< {_MAX_LATENCY_MS}")
    table.add_row("p99 of a read alone, ms", f"{alone:.1f}", "-")
    most = f"< {_MAX_SLOWDOWN * alone:.1f}"
    table.add_row("p99 of a read beside jobs, ms", f"{beside:.1f}", most)
    Console().print(table)
    met = per_second >= _LEAST_PER_SECOND and beside < _MAX_SLOWDOWN * alone
    raise typer.Exit(0 if met and latency < _MAX_LATENCY_MS else 1)


@contextmanager
def _scene() -> Iterator[tuple[str, str]]:
    """A server without a worker, a worker, and a database of their own."""
    with tempfile.TemporaryDirectory(prefix="mvp-jobs-") as name:
        folder = Path(name)
        with embedded_postgres(folder / "database") as database_url:
            settings = {"DATABASE_URL": database_url, "WORKER_ENABLED": "false"}
            with running_server(folder, settings) as server:
                with psycopg.connect(database_url, autocommit=True) as database:
                    database.execute(_TABLE)
                with _worker(database_url):
                    yield server.url, database_url


@contextmanager
def _worker(database_url: str) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.jobs_worker"],
        env=os.environ | {"DATABASE_URL": database_url, "LOG_LEVEL": "WARNING"},
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


def _latency(database: psycopg.Connection, singles: int) -> float:
    """Median milliseconds from the insert of a job to its start, while nothing else runs."""
    _run(database, "note", 1)
    for _ in range(singles):
        _run(database, "note", 1)
    found: list[float] = [latency for (latency,) in database.execute(_LATENCIES)]
    return statistics.median(found)


def _throughput(database: psycopg.Connection, jobs: int) -> float:
    started = time.perf_counter()
    _run(database, "nothing", jobs)
    return jobs / (time.perf_counter() - started)


def _run(database: psycopg.Connection, task: str, jobs: int) -> None:
    """Defer jobs and wait for the last of them."""
    wanted = _count(database, task) + jobs
    database.execute(_DEFER, (task, jobs))
    while _count(database, task) < wanted:
        time.sleep(0.01)


def _count(database: psycopg.Connection, task: str) -> int:
    [(count,)] = database.execute(_DONE, (task,)).fetchall()
    return int(count)


def _slowdown(
    client: httpx2.Client, database: psycopg.Connection, reads: int, jobs: int
) -> tuple[float, float]:
    """The p99 of reads alone, and while a worker has more to do than it can."""
    alone = _p99(_reads(client, reads))
    database.execute(_DEFER, ("nothing", 20 * jobs))
    beside = _p99(_reads(client, reads))
    database.execute("UPDATE procrastinate_jobs SET status = 'cancelled' WHERE status = 'todo'")
    return alone, beside


def _reads(client: httpx2.Client, reads: int) -> list[float]:
    """Milliseconds of each, one after the other."""
    path = f"/api/v1/tasks/{client.get('/api/v1/tasks?limit=1').json()['items'][0]['id']}"
    times = []
    for _ in range(reads):
        started = time.perf_counter()
        client.get(path).raise_for_status()
        times.append((time.perf_counter() - started) * 1000)
    return times


def _p99(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[98]


if __name__ == "__main__":
    typer.run(main)
