"""The command: `uv run python -m benchmarks.documents REV`. See README.md."""

import os
import shutil
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated

import httpx2
import typer
from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console
from rich.table import Table

from backend.core.embedded import embedded_postgres
from benchmarks.revisions import checked_out
from benchmarks.server import MVP, running_server

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_TAGS = ".opblock-tag"
_TAG = "#operations-tag-tasks"
_OPERATION = "#operations-tasks-create_task"
_console = Console(stderr=True)
Figures = dict[str, dict[str, list[float]]]
"""By measure and server, what each round has found."""


def main(
    revision: Annotated[str, typer.Argument(help="What to compare with, such as HEAD~3.")],
    rounds: Annotated[int, typer.Option(min=1, help="How often each page is opened.")] = 7,
) -> None:
    """Open the documentation of this checkout and of another revision in turn, in Chromium."""
    executable = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if executable is None:
        _console.print("Chromium is missing: `apt-get install chromium`, or set CHROMIUM.")
        raise typer.Exit(2)
    found: Figures = defaultdict(lambda: defaultdict(list))
    with tempfile.TemporaryDirectory(prefix="mvp-documents-") as name, ExitStack() as stack:
        folder = Path(name)
        other = stack.enter_context(checked_out(revision, folder))
        servers = {
            "this": stack.enter_context(_server(folder / "this", MVP)),
            "other": stack.enter_context(_server(folder / "other", other)),
        }
        browser = stack.enter_context(_chromium(executable))
        for number in range(rounds + 1):
            _console.print(f"Round {number} of {rounds}" if number else "Warming up")
            for server, url in servers.items():
                for measure, value in _measures(browser, url):
                    if number:
                        found[measure][server].append(value)
    Console().print(_table(found, revision))


@contextmanager
def _server(folder: Path, mvp: Path) -> Iterator[str]:
    folder.mkdir()
    with (
        embedded_postgres(folder / "database") as database,
        running_server(folder, {"DATABASE_URL": database}, (str(mvp), "serve")) as server,
    ):
        yield server.url


@contextmanager
def _chromium(executable: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=executable, args=arguments)
        yield browser
        browser.close()


def _measures(browser: Browser, url: str) -> Iterator[tuple[str, float]]:
    yield "/openapi.json, KiB sent", _sent(url) / 1024
    with browser.new_context(base_url=url) as context:
        page = context.new_page()
        yield "/docs to its tags, ms", _ms_to(page, "/docs", _TAGS)
        yield "/docs, open an operation, ms", _ms_to_open(page)
        page.close()
        yield "/docs again to its tags, ms", _ms_to(context.new_page(), "/docs", _TAGS)
    with browser.new_context(base_url=url) as context:
        page = context.new_page()
        yield "/redoc to its heading, ms", _ms_to(page, "/redoc", "h1")
        page.close()
        yield "/redoc again to its heading, ms", _ms_to(context.new_page(), "/redoc", "h1")


def _sent(url: str) -> int:
    with httpx2.stream("GET", f"{url}/openapi.json", timeout=60) as answer:
        return sum(len(chunk) for chunk in answer.iter_raw())


def _ms_to(page: Page, path: str, selector: str) -> float:
    began = time.perf_counter()
    page.goto(path, wait_until="commit")
    page.wait_for_selector(selector, timeout=120_000)
    return (time.perf_counter() - began) * 1000


def _ms_to_open(page: Page) -> float:
    """From the first click, which opens the tag if it is folded."""
    began = time.perf_counter()
    if not page.locator(_OPERATION).count():
        page.click(_TAG)
    page.click(f"{_OPERATION} .opblock-summary-control", timeout=120_000)
    page.wait_for_selector(f"{_OPERATION} .try-out__btn", timeout=120_000)
    return (time.perf_counter() - began) * 1000


def _table(found: Figures, revision: str) -> Table:
    table = Table("measure (medians)")
    for name in ("this", revision, "ratio"):
        table.add_column(name, justify="right")
    for measure, by_server in found.items():
        this, other = (statistics.median(by_server[name]) for name in ("this", "other"))
        table.add_row(measure, f"{this:.0f}", f"{other:.0f}", f"{this / other:.2f}")
    return table


if __name__ == "__main__":
    typer.run(main)
