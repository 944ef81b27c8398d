"""Chromium, on pages of a real `mvp serve`."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

from tests.fixtures.postgres import cloned_database
from tests.fixtures.processes import MVP, ROOT, Server, environment, free_port

SEED_PASSWORD = "a password of the tests"
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = [
    "--no-sandbox",  # a container's root can't have one
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
PATIENCE = 90_000
"""Milliseconds: ReDoc draws every operation before it is there."""

expect.set_options(timeout=PATIENCE)


@dataclass
class Tab:
    """A page of the browser, and what it did behind the user's back."""

    page: Page
    origin: str
    complaints: list[str] = field(default_factory=list)
    """Errors in the console, violations of the content security policy among them."""
    strangers: list[str] = field(default_factory=list)
    """What it wanted from other servers than its own."""

    def __post_init__(self) -> None:
        self.page.on("console", self._note_message)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._note_request)

    def _note_message(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def _note_request(self, request: Request) -> None:
        if not request.url.removeprefix("blob:").startswith((f"{self.origin}/", "data:")):
            self.strangers.append(request.url)


@pytest.fixture(scope="module")
def seeded_server(
    server_url: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """One server for all tests of the module: give each what it changes a name of its own."""
    with cloned_database(server_url, template) as database_url:
        settings = {
            "DATABASE_URL": database_url,
            "DATA_DIR": str(tmp_path_factory.mktemp("data")),
            "PORT": str(free_port()),
            "SEED_ON_START": "true",
            "SEED_PASSWORD": SEED_PASSWORD,
        }
        log = tmp_path_factory.mktemp("browser") / "server.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [str(MVP), "serve"],
                cwd=ROOT,
                env=environment(settings),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        server = Server(process, f"http://127.0.0.1:{settings['PORT']}", log)
        try:
            server.wait_until_ready()
            yield server
        finally:
            if process.poll() is None:
                server.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_executable(), args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def tab(chromium: Browser, seeded_server: Server) -> Iterator[Tab]:
    """A tab of a browser without a past; it can reach nothing but the server."""
    with chromium.new_context(base_url=seeded_server.url) as context:
        context.set_default_timeout(PATIENCE)
        yield Tab(context.new_page(), seeded_server.url)


def _executable() -> str:
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        pytest.fail(
            "Chromium is missing: `apt-get install chromium`, or set CHROMIUM to its path.",
            pytrace=False,
        )
    return found
