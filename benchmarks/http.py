"""The command: `uv run python -m benchmarks.http`. See README.md."""

import json
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.cases import prepare
from benchmarks.measure import Result, measure
from benchmarks.server import running_server

_COLUMNS = ("clients", "req/s", "p50 ms", "p99 ms", "CPU ms", "DB CPU ms", "failed")
_WRK_IS_MISSING = "wrk is missing: install it with `apt-get install wrk` (Debian, Ubuntu)."
_console = Console(stderr=True)


def main(
    seconds: Annotated[int, typer.Option(min=1, help="How long each case is measured.")] = 10,
    connections: Annotated[int, typer.Option(min=1, help="Clients that ask at once.")] = 16,
    json_file: Annotated[
        Path | None, typer.Option("--json", dir_okay=False, help="Write the results here as well.")
    ] = None,
) -> None:
    """Measure throughput, latency and CPU time of the API over HTTP."""
    if shutil.which("wrk") is None:
        _console.print(_WRK_IS_MISSING, highlight=False)
        raise typer.Exit(2)
    try:
        results = list(_results(seconds, connections))
    except RuntimeError as error:
        _console.print(str(error), markup=False, highlight=False)
        raise typer.Exit(1) from None
    Console().print(_table(results))
    if json_file is not None:
        json_file.write_text(_document(results), encoding="utf-8")
    if any(result.failed for result in results):
        _console.print("Requests failed: these figures mean nothing.", style="bold red")
        raise typer.Exit(1)


def _results(seconds: int, connections: int) -> Iterator[Result]:
    with tempfile.TemporaryDirectory(prefix="mvp-benchmark-") as name:
        folder = Path(name)
        with running_server(folder) as server:
            cases = prepare(server.url)
            for case in track(cases, "Measuring", console=_console, transient=True):
                yield measure(server, case, connections, seconds, folder)


def _table(results: Sequence[Result]) -> Table:
    table = Table("case")
    for name in _COLUMNS:
        table.add_column(name, justify="right")
    for result in results:
        table.add_row(*_cells(result), style="red" if result.failed else None)
    return table


def _cells(result: Result) -> Iterator[str]:
    load = result.load
    yield from (result.case, str(result.connections), f"{result.per_second:,.1f}")
    yield from (f"{load.p50_ms:.1f}", f"{load.p99_ms:.1f}", f"{result.cpu_ms:.2f}")
    yield "-" if result.postgres_ms is None else f"{result.postgres_ms:.2f}"
    yield str(result.failed)


def _document(results: Sequence[Result]) -> str:
    machine = {"python": platform.python_version(), "processors": os.cpu_count()}
    return json.dumps(machine | {"results": [r.as_json() for r in results]}, indent=2) + "\n"


if __name__ == "__main__":
    typer.run(main)
