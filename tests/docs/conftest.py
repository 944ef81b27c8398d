"""Servers for the examples of the docs, and the shell that runs them."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fixtures.documentation import Block, Page
from tests.fixtures.postgres import cloned_database
from tests.fixtures.processes import (
    ROOT,
    SEED_PASSWORD,
    START_SECONDS,
    Server,
    environment,
    free_port,
    starting_servers,
)

ADDRESS = "http://127.0.0.1:8000"
# Each request says how it was answered, below the number of its block.
_SHELL = """set -euo pipefail
curl() { command curl -w '%{stderr}status %{http_code}\\n' "$@"; }
"""
_SHELL_SECONDS = 120


@pytest.fixture(scope="module")
def seeded_server(
    server_url: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """With a worker, for all pages."""
    folder = tmp_path_factory.mktemp("server")
    with cloned_database(server_url, template) as url, starting_servers(folder) as start:
        yield start(DATABASE_URL=url, SEED_ON_START="true", SEED_PASSWORD=SEED_PASSWORD)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The repository as a fresh clone has it, but that packages are those of this environment."""
    folder = tmp_path / "clone"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=True,
        capture_output=True,
        cwd=ROOT,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


@pytest.fixture
def started() -> Iterator[Callable[[Path, str], Server]]:
    """Run a command in a clone until Ctrl-C; returns the server that it starts."""
    running: list[Server] = []

    def start(clone: Path, command: str) -> Server:
        port = str(free_port())
        log = clone.parent / "server.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command.split(),
                cwd=clone,
                env=clone_environment(clone) | {"PORT": port},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        running.append(Server(process, f"http://127.0.0.1:{port}", log))
        running[-1].wait_until_ready()
        return running[-1]

    yield start
    for server in running:
        if server.process.poll() is None:
            interrupt(server)


def interrupt(server: Server) -> None:
    """Ctrl-C: a terminal sends it to all processes of the command."""
    os.killpg(server.process.pid, signal.SIGINT)
    server.process.wait(timeout=START_SECONDS)


def clone_environment(clone: Path) -> dict[str, str]:
    """Of a person who has uv. The code is the clone's, and nothing is installed."""
    uv = Path(os.environ.get("UV") or shutil.which("uv") or ROOT / ".uv" / "bin" / "uv")
    path = f"{uv.parent}{os.pathsep}{os.environ['PATH']}"
    return environment({"PATH": path, "PYTHONPATH": str(clone), "UV_NO_SYNC": "1"})


def run_examples(page: Page, examples: list[Block], server: Server, folder: Path) -> None:
    """Run the blocks of a page in one shell, and hold the statuses against their marks."""
    script = _SHELL + "".join(f"echo block {n} >&2\n{each.text}" for n, each in enumerate(examples))
    done = subprocess.run(
        ["bash", "-c", script.replace(ADDRESS, server.url)],
        check=False,
        capture_output=True,
        cwd=folder,
        env=clone_environment(folder),
        text=True,
        timeout=_SHELL_SECONDS,
    )
    told = f"{page}:\n{done.stdout}\n{done.stderr}"
    assert done.returncode == 0, told
    answers = done.stderr.split("block ")[1:]
    for example, answer in zip(examples, answers, strict=True):
        statuses = re.findall(r"^status (\d+)$", answer, re.MULTILINE)
        if example.mark:
            assert statuses.pop() == example.mark, told
        assert all(status.startswith("2") for status in statuses), told
