"""The command: `uv run python -m benchmarks.compare REV`. See README.md."""

import asyncio
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import httpx2
import typer
from rich.console import Console
from rich.table import Table

from backend.core.embedded import embedded_postgres
from benchmarks.cases import Case, cheap_sign_in, more_cases, prepare
from benchmarks.footprint import cpu_of_openapi, memory_after_mix
from benchmarks.listeners import cpu_of_event
from benchmarks.measure import measure
from benchmarks.revisions import checked_out
from benchmarks.server import MVP, Server, running_server
from benchmarks.steady import p99_at

_BARE_CASES = {"read one", "page of 50", "create"}
_LISTENERS = 200
_console = Console(stderr=True)
Figures = dict[str, dict[str, list[float]]]
"""By measure and program, what each round has found."""


@dataclass(frozen=True)
class Program:
    name: str
    server: Server
    cases: Mapping[str, Case]
    mvp: Path | None


def main(
    revision: Annotated[str, typer.Argument(help="What to compare with, such as HEAD~3.")],
    rounds: Annotated[int, typer.Option(min=1, help="How often each case is measured.")] = 3,
    seconds: Annotated[int, typer.Option(min=1, help="How long each time.")] = 5,
    connections: Annotated[int, typer.Option(min=1, help="Clients that ask at once.")] = 16,
    case: Annotated[list[str] | None, typer.Option(help="Measure only these, by name.")] = None,
) -> None:
    """Measure this checkout, another revision and a bare program in turn, on one machine."""
    found: Figures = defaultdict(lambda: defaultdict(list))
    with tempfile.TemporaryDirectory(prefix="mvp-compare-") as name, ExitStack() as stack:
        folder = Path(name)
        other = stack.enter_context(checked_out(revision, folder))
        programs = [
            stack.enter_context(_program(folder, "this", MVP)),
            stack.enter_context(_program(folder, "other", other)),
            stack.enter_context(_bare(folder)),
        ]
        for number in range(rounds):
            _console.print(f"Round {number + 1} of {rounds}")
            names = case or list(programs[0].cases)
            _one_round(programs, names, connections, seconds, folder, found)
            if case is None:
                _events(programs, found)
        if case is None:
            _latency(programs, connections, seconds, folder, found)
            _footprint(programs, folder, found)
    Console().print(_table(found, revision))


@contextmanager
def _program(folder: Path, name: str, mvp: Path) -> Iterator[Program]:
    own = folder / name
    own.mkdir()
    with (
        embedded_postgres(own / "database") as url,
        running_server(own, _SETTINGS | {"DATABASE_URL": url}, (str(mvp), "serve")) as server,
    ):
        cases = prepare(server.url)
        named = {case.name: case for case in [*cases, *more_cases(cases), cheap_sign_in(url)]}
        with httpx2.Client(base_url=server.url, timeout=60) as client:
            named["ask the agent"].send(client)  # Language models are loaded with the first.
        yield Program(name, server, named, mvp)


_SETTINGS = {
    f"ASSISTANT_{amount}_PER_DAY": "1000000"
    for amount in ("STEPS", "MODEL_CALLS", "TOKENS", "SECONDS", "COST")
}


@contextmanager
def _bare(folder: Path) -> Iterator[Program]:
    """On a database that this revision has filled."""
    own = folder / "bare"
    own.mkdir()
    with embedded_postgres(own / "database") as url:
        with running_server(own, {"DATABASE_URL": url}) as server:
            cases = {case.name: case for case in prepare(server.url)}
        command = (sys.executable, "-m", "benchmarks.bare")
        settings = {"DATABASE_URL": url, "PYTHONPATH": str(Path(__file__).parents[1])}
        with running_server(own, settings, command) as server:
            yield Program("bare", server, {n: cases[n] for n in _BARE_CASES}, None)


def _one_round(
    programs: list[Program],
    names: Sequence[str],
    connections: int,
    seconds: int,
    folder: Path,
    found: Figures,
) -> None:
    for name in names:
        for program in programs:
            if name in program.cases:
                case = program.cases[name]
                result = measure(program.server, case, connections, seconds, folder)
                if result.failed:
                    raise RuntimeError(f"{program.name}, {name}: {result.failed} requests failed")
                found[f"{name}, CPU ms"][program.name].append(result.cpu_ms)


def _events(programs: list[Program], found: Figures) -> None:
    for program in programs[:2]:
        cpu = cpu_of_event(program.server, _LISTENERS)
        found[f"event to {_LISTENERS} listeners, CPU ms"][program.name].append(cpu)


def _latency(
    programs: list[Program], connections: int, seconds: int, folder: Path, found: Figures
) -> None:
    """At half of what the other revision can bear."""
    this, other, _ = programs
    most = measure(other.server, other.cases["read one"], connections, seconds, folder).per_second
    for program in (this, other):
        case = program.cases["read one"]
        latency = asyncio.run(p99_at(program.server.url, case, most / 2, 4 * seconds))
        found[f"read one, p99 ms at {most / 2:.0f} a second"][program.name].append(latency)


def _footprint(programs: list[Program], folder: Path, found: Figures) -> None:
    for program in programs[:2]:
        memory = memory_after_mix(program.server, program.cases, folder)
        found["memory after the mix, MB"][program.name].append(memory)
        if program.mvp is not None:
            cpu = cpu_of_openapi(program.mvp, folder)
            found["mvp openapi, CPU s"][program.name].append(cpu)


def _table(found: Figures, revision: str) -> Table:
    table = Table("measure (medians)")
    for name in ("this", revision, "ratio", "bare", "times bare"):
        table.add_column(name, justify="right")
    for measured, by_program in found.items():
        median = {name: statistics.median(values) for name, values in by_program.items()}
        this, other, bare = median["this"], median["other"], median.get("bare")
        row = [f"{this:.2f}", f"{other:.2f}", f"{this / other:.2f}"]
        table.add_row(measured, *row, *([f"{bare:.2f}", f"{this / bare:.2f}"] if bare else []))
    return table


if __name__ == "__main__":
    typer.run(main)
