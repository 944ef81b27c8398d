"""The command: `uv run python -m benchmarks.imports`. See README.md."""

import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated

import psycopg
import typer
from alembic import command
from rich.console import Console
from rich.table import Table

from backend.core.embedded import embedded_postgres
from backend.core.migrations import alembic_config
from benchmarks.import_process import Measured, Work, add_person, measure, write_file

_MAX_SECONDS = 60
_MAX_MIB = 100
_ROWS = 100_000
_console = Console(stderr=True)

_CASES = {
    "CSV, all new, in one transaction": ("csv", {"all_or_nothing": True}),
    "CSV, all unchanged": ("csv", {"all_or_nothing": True}),
    "CSV, all changed": ("changed.csv", {"all_or_nothing": True}),
    "CSV, dry run": ("csv", {"dry_run": True}),
    "XLSX, all new, in one transaction": ("xlsx", {"all_or_nothing": True}),
    "XLSX, all new, in batches": ("xlsx", {"all_or_nothing": False}),
    "export": ("", {}),
}


def main(rows: Annotated[int, typer.Option(min=1, help="In each file.")] = _ROWS) -> None:
    """Import and export customers, each time in a process of its own."""
    table = Table(
        *("case", "rows", "seconds", "CPU seconds", "memory grew by MiB"),
        *("event loop held up by ms", "CPU seconds of the child"),
    )
    with tempfile.TemporaryDirectory(prefix="mvp-imports-") as name, _database(Path(name)) as url:
        results = {}
        for case in _CASES:
            _console.print(f"{case} ...")
            results[case] = _run(case, url, Path(name), rows)
            _console.print(results[case])
    for case, each in results.items():
        table.add_row(case, f"{rows:,}", *(f"{value:.1f}" for value in each))
    Console().print(table)
    allowed = _MAX_SECONDS * max(1, rows / _ROWS)
    if any(each.seconds > allowed or each.grown_mib > _MAX_MIB for each in results.values()):
        raise typer.Exit(1)


@contextmanager
def _database(folder: Path) -> Iterator[str]:
    with embedded_postgres(folder / "data") as url:
        command.upgrade(alembic_config(url), "head")
        with psycopg.connect(url, autocommit=True) as connection:
            add_person(connection)
        yield url


def _run(case: str, url: str, folder: Path, rows: int) -> Measured:
    suffix, options = _CASES[case]
    if "new" in case:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("TRUNCATE customers CASCADE")
    file = folder / f"customers.{suffix}" if suffix else None
    work = Work(url, folder / "files", file, options)
    with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as pool:
        if file and not file.exists():
            pool.submit(write_file, file, rows).result()
        return pool.submit(measure, work).result()


if __name__ == "__main__":
    typer.run(main)
