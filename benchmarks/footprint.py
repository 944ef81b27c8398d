"""The command: `uv run python -m benchmarks.footprint`. See README.md."""

import os
import resource
import statistics
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from backend.core.embedded import embedded_postgres
from benchmarks.cases import Case, more_cases, prepare
from benchmarks.cpu import cpu_of_family
from benchmarks.revisions import checked_out
from benchmarks.server import MVP, Server, running_server
from benchmarks.wrk import put_load

MIXED_REQUESTS = 10_000
_MIXED_CASES = ("read one", "page of 50", "create", "patch", "filter and search")
_SETTLE_SECONDS = 5
_console = Console(stderr=True)


@dataclass(frozen=True)
class _Program:
    """One revision, and a database that it has migrated and seeded before."""

    name: str
    mvp: Path
    folder: Path
    database_url: str

    @contextmanager
    def serving(self) -> Iterator[Server]:
        settings = {"DATABASE_URL": self.database_url}
        with running_server(self.folder, settings, (str(self.mvp), "serve")) as server:
            yield server


def main(
    revision: Annotated[
        str | None, typer.Argument(help="What to compare with, such as HEAD~3.")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="How often each is started.")] = 5,
) -> None:
    """Measure what a start costs, and how much memory one process needs."""
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    with tempfile.TemporaryDirectory(prefix="mvp-footprint-") as name, ExitStack() as stack:
        folder = Path(name)
        programs = [stack.enter_context(_program(folder, "this", MVP))]
        if revision is not None:
            other = stack.enter_context(checked_out(revision, folder))
            programs.append(stack.enter_context(_program(folder, revision, other)))
        for number in range(rounds):
            _console.print(f"Round {number + 1} of {rounds}")
            for program in programs:
                for measured, value in _start(program).items():
                    found[measured][program.name].append(value)
        for program in programs:
            after = f"memory after {MIXED_REQUESTS:,} requests, MB"
            found[after][program.name].append(_memory_after_mix(program))
    Console().print(_table(found, [program.name for program in programs]))


@contextmanager
def _program(folder: Path, name: str, mvp: Path) -> Iterator[_Program]:
    own = folder / name.replace("/", "-")
    own.mkdir()
    with embedded_postgres(own / "database") as url:
        program = _Program(name, mvp, own, url)
        with program.serving() as server:
            prepare(server.url)
        yield program


def _start(program: _Program) -> dict[str, float]:
    figures = {"mvp openapi, CPU s": cpu_of_openapi(program.mvp, program.folder)}
    with program.serving() as server:
        figures["mvp serve until ready, CPU s"] = cpu_of_family(server.pid)
        time.sleep(_SETTLE_SECONDS)
        figures[f"{_SETTLE_SECONDS} s later, CPU s"] = cpu_of_family(server.pid)
        figures["memory at rest, MB"] = resident(server.pid)
    return figures


def _memory_after_mix(program: _Program) -> float:
    with program.serving() as server:
        cases = prepare(server.url)
        named = {case.name: case for case in [*cases, *more_cases(cases)]}
        return memory_after_mix(server, named, program.folder)


def memory_after_mix(server: Server, cases: Mapping[str, Case], folder: Path) -> float:
    """The MB that the server's process holds after `MIXED_REQUESTS` at least."""
    sent = 0
    while sent < MIXED_REQUESTS:
        for name in _MIXED_CASES:
            sent += put_load(cases[name], server.url, 8, 1, folder).requests
    return resident(server.pid)


def resident(pid: int) -> float:
    """The MB of a process that are in memory, those that it shares included."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def cpu_of_openapi(mvp: Path, folder: Path) -> float:
    """The CPU seconds that `mvp openapi` takes, user and system together."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([str(mvp), "openapi"], cwd=folder, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _table(found: Mapping[str, Mapping[str, list[float]]], names: list[str]) -> Table:
    table = Table("measure (medians)")
    for name in [*names, "ratio"][: 2 * len(names) - 1]:
        table.add_column(name, justify="right")
    for measured, by_program in found.items():
        medians = [statistics.median(by_program[name]) for name in names]
        ratio = [f"{medians[0] / medians[1]:.2f}"] if len(medians) > 1 else []
        table.add_row(measured, *(f"{value:.2f}" for value in medians), *ratio)
    return table


if __name__ == "__main__":
    typer.run(main)
