"""The command: `uv run python -m benchmarks.processes`. See README.md."""

import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from backend.core.embedded import embedded_postgres
from benchmarks.cases import Case, prepare
from benchmarks.cpu import cpu_by_process
from benchmarks.server import Server, running_server
from benchmarks.wrk import put_load

_CASES = ("read one", "page of 50", "create")
_LEAST_SHARE = 0.9
"""Of what so many processes could do if none cost the others anything: 1.8 for two."""
_WARM_UP_SECONDS = 2
_console = Console(stderr=True)


@dataclass(frozen=True)
class Found:
    """One run of a case.

    Attributes:
        cpu_ms: CPU time of a request, in all processes together.
        busiest: the share of it that fell to the busiest process.
    """

    cpu_ms: float
    busiest: float
    per_second: float


Pair = tuple[Found, Found]
"""Of one process, and of several."""


def main(
    processes: Annotated[int, typer.Option(min=2, help="Held against one.")] = 2,
    rounds: Annotated[int, typer.Option(min=1, help="How often each case is measured.")] = 5,
    seconds: Annotated[int, typer.Option(min=1, help="How long each time.")] = 5,
    connections: Annotated[int, typer.Option(min=1, help="Clients for each process.")] = 16,
) -> None:
    """Measure how much more several processes of a server can do than one."""
    table = Table("case (medians)")
    for name in ("CPU ms, one", f"CPU ms, {processes}", "times one", "busiest", "req/s, times one"):
        table.add_column(name, justify="right")
    met = True
    with tempfile.TemporaryDirectory(prefix="mvp-processes-") as name:
        folder = Path(name)
        with _servers(folder, processes) as (one, several, cases):
            for case in cases:
                _console.print(f"Measuring {case.name}")
                pairs = [
                    (
                        _measure(one, case, connections, seconds, folder),
                        _measure(several, case, processes * connections, seconds, folder),
                    )
                    for _ in range(rounds)
                ]
                times = _median(pairs, lambda alone, many: processes * alone.cpu_ms / many.cpu_ms)
                met = met and times >= _LEAST_SHARE * processes
                table.add_row(case.name, *_cells(pairs, times))
    Console().print(table)
    raise typer.Exit(0 if met else 1)


@contextmanager
def _servers(folder: Path, processes: int) -> Iterator[tuple[Server, Server, list[Case]]]:
    """A server of one process and one of several, without jobs, on one database."""
    with ExitStack() as stack:
        url = stack.enter_context(embedded_postgres(folder / "database"))
        servers = []
        for number in (1, processes):
            own = folder / str(number)
            own.mkdir()
            settings = {
                "DATABASE_URL": url,
                "WORKERS": str(number),
                "WORKER_ENABLED": "false",
            }
            servers.append(stack.enter_context(running_server(own, settings)))
        one, several = servers
        named = {case.name: case for case in prepare(one.url)}
        yield one, several, [named[name] for name in _CASES]


def _measure(server: Server, case: Case, connections: int, seconds: int, folder: Path) -> Found:
    put_load(case, server.url, connections, _WARM_UP_SECONDS, folder)
    before = cpu_by_process(server.pid)
    load = put_load(case, server.url, connections, seconds, folder)
    if load.failed:
        raise RuntimeError(f"{case.name}: {load.failed} requests failed")
    used = _used(before, cpu_by_process(server.pid))
    cpu_ms = 1000 * sum(used) / load.requests
    return Found(cpu_ms, max(used) / sum(used), load.requests / load.seconds)


def _used(before: Mapping[int, float], after: Mapping[int, float]) -> list[float]:
    return [cpu - before.get(pid, 0) for pid, cpu in after.items()]


def _cells(pairs: Sequence[Pair], times: float) -> Iterator[str]:
    yield f"{_median(pairs, lambda alone, _: alone.cpu_ms):.2f}"
    yield f"{_median(pairs, lambda _, many: many.cpu_ms):.2f}"
    yield f"{times:.2f}"
    yield f"{_median(pairs, lambda _, many: many.busiest):.2f}"
    yield f"{_median(pairs, lambda alone, many: many.per_second / alone.per_second):.2f}"


def _median(pairs: Sequence[Pair], figure: Callable[[Found, Found], float]) -> float:
    return statistics.median(figure(*pair) for pair in pairs)


if __name__ == "__main__":
    typer.run(main)
