"""The command: `uv run python -m benchmarks.organisations`. See README.md."""

import statistics
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated

import psycopg
import typer
from rich.console import Console
from rich.table import Table

from backend.core.embedded import embedded_postgres
from benchmarks.cases import Case, more_cases, prepare
from benchmarks.measure import Result, measure
from benchmarks.server import Server, running_server

_MAX_RATIO = 1.10
_MAX_GROWTH = 1.5
_OTHERS = """
    INSERT INTO organisations (id, name, created_at, updated_at, version)
    SELECT gen_random_uuid(), 'Company ' || n, now(), now(), 1 FROM generate_series(1, %(count)s) n
"""
_THEIR_TASKS = """
    INSERT INTO tasks (id, organisation_id, title, description, status, priority, created_at,
        updated_at, version, checklist)
    SELECT gen_random_uuid(), organisations.id, 'Send the offer ' || n, md5(n::text), 'open',
        'high', now() - n * interval '1 minute', now(), 1, '[]'
    FROM organisations, generate_series(1, %(tasks)s) n
"""
_console = Console(stderr=True)


def main(
    seconds: Annotated[int, typer.Option(min=1, help="How long each case is measured.")] = 4,
    rounds: Annotated[int, typer.Option(min=1, help="How often each is measured in turn.")] = 5,
    connections: Annotated[int, typer.Option(min=1, help="Clients that ask at once.")] = 8,
    others: Annotated[int, typer.Option(min=1, help="Further organisations.")] = 999,
    tasks: Annotated[int, typer.Option(min=1, help="Tasks of each organisation.")] = 1_000,
) -> None:
    """Compare the CPU time of requests with ORGANISATIONS=many with that of one, and then with
    that among many others."""
    with tempfile.TemporaryDirectory(prefix="mvp-benchmark-") as name, ExitStack() as stack:
        scenes = {each: stack.enter_context(_serving(Path(name), each)) for each in ("one", "many")}
        cases = {each: _cases(server) for each, (_, server) in scenes.items()}
        found: dict[str, list[tuple[Result, Result]]] = defaultdict(list)
        for pair in zip(*cases.values(), strict=True):
            for _ in range(rounds):
                results = [
                    measure(server, case, connections, seconds, folder)
                    for case, (folder, server) in zip(pair, scenes.values(), strict=True)
                ]
                found[pair[0].name].append((results[0], results[1]))
        folder, server = scenes["many"]
        _fill(folder, 0, tasks)
        reading = [case for case in cases["many"] if case.method == "GET"]
        alone = [measure(server, case, connections, seconds, folder) for case in reading]
        _console.print(f"Adding {others:,} organisations with {tasks:,} tasks each ...")
        _fill(folder, others, tasks)
        among = [measure(server, case, connections, seconds, folder) for case in reading]
    dear = _print("one", "many", found, _MAX_RATIO)
    pairs = {new.case: [(old, new)] for old, new in zip(alone, among, strict=True)}
    grown = _print("alone", f"among {others:,}", pairs, _MAX_GROWTH)
    raise typer.Exit(int(dear or grown))


@contextmanager
def _serving(folder: Path, organisations: str) -> Iterator[tuple[Path, Server]]:
    own = folder / organisations
    own.mkdir()
    # Jobs would run while something else is measured.
    settings = {"ORGANISATIONS": organisations, "WORKER_ENABLED": "false"}
    with running_server(own, settings) as server:
        yield own, server


def _cases(server: Server) -> list[Case]:
    _, read_one, page, create = prepared = prepare(server.url)
    patch, search, *_ = more_cases(prepared)
    # Creating comes last: the others shall find the same table in both.
    return [read_one, page, search, patch, create]


def _fill(folder: Path, others: int, tasks: int) -> None:
    with embedded_postgres(folder) as url, psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DELETE FROM tasks WHERE title LIKE 'Send the offer %'")
        connection.execute(_OTHERS, {"count": others})
        connection.execute(_THEIR_TASKS, {"tasks": tasks})
        connection.execute("VACUUM ANALYZE tasks")


def _print(
    before: str, after: str, found: Mapping[str, list[tuple[Result, Result]]], limit: float
) -> bool:
    """Print the medians. Returns whether a ratio is above the limit."""
    table = Table("case", f"{before}, CPU ms", f"{after}, CPU ms", "ratio", f"<= {limit:.2f}")
    is_above = False
    for name, pairs in found.items():
        if any(each.failed for pair in pairs for each in pair):
            raise RuntimeError(f"{name}: requests failed")
        costs = [(_cost(old), _cost(new)) for old, new in pairs]
        olds, news = (statistics.median(each) for each in zip(*costs, strict=True))
        ratio = statistics.median(new / old for old, new in costs)
        is_above |= ratio > limit
        met = "yes" if ratio <= limit else "no"
        table.add_row(name, f"{olds:.3f}", f"{news:.3f}", f"{ratio:.3f}", met)
    Console().print(table)
    return is_above


def _cost(result: Result) -> float:
    """CPU milliseconds of a request in the server and PostgreSQL."""
    return result.cpu_ms + (result.postgres_ms or 0)


if __name__ == "__main__":
    typer.run(main)
