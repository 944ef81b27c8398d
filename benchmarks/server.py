"""Runs `mvp serve` as its users do: one process, on a free port, with data of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2

from backend.seeds.users import ADMIN

PASSWORD = "development-only"
MVP = Path(sys.executable).with_name("mvp")
_START_SECONDS = 60
_STOP_SECONDS = 30
_KEPT = ("DATABASE_URL", "HOME", "LANG", "PATH", "TMPDIR")


@dataclass(frozen=True)
class Server:
    """A running server. `postgres_pid` is None where the database is not its own."""

    url: str
    pid: int
    postgres_pid: int | None


@contextmanager
def running_server(
    folder: Path,
    settings: dict[str, str] | None = None,
    command: Sequence[str] = (str(MVP), "serve"),
) -> Iterator[Server]:
    """Start a server in an empty folder, and stop it at the end.

    Raises:
        RuntimeError: it does not get ready; the text ends in its log.
    """
    port = _free_port()
    log = folder / "server.log"
    with log.open("wb") as output:
        # In the empty folder no .env changes what is measured.
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=_environment(folder, port) | (settings or {}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_ready(process, url, log)
        yield Server(url, process.pid, postgres_pid_in(folder))
    finally:
        process.terminate()
        process.wait(timeout=_STOP_SECONDS)


@contextmanager
def signed_in(url: str) -> Iterator[httpx2.Client]:
    """A client that sends the token of the admin."""
    with httpx2.Client(base_url=url, timeout=600) as client:
        form = {"username": ADMIN.email, "password": PASSWORD}
        tokens = client.post("/api/v1/auth/token", data=form).raise_for_status().json()
        client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        yield client


def _environment(folder: Path, port: int) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if os.environ.get(name)}
    return kept | {
        "ACCESS_TOKEN_MINUTES": "1440",
        "DATA_DIR": str(folder),
        "LOG_LEVEL": "WARNING",
        "MIGRATE_ON_START": "true",
        "PORT": str(port),
        "SEED_ON_START": "true",
        "SEED_PASSWORD": PASSWORD,
        "WORKERS": "1",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(httpx2.TransportError):
            if httpx2.get(f"{url}/health/ready").is_success:
                return
        time.sleep(0.1)
    raise RuntimeError(f"the server did not get ready:\n{log.read_text(errors='replace')}")


def postgres_pid_in(folder: Path) -> int | None:
    """The embedded PostgreSQL of a data folder, if there is one."""
    pid_file = folder / "postgres" / "cluster" / "postmaster.pid"
    return int(pid_file.read_text().splitlines()[0]) if pid_file.exists() else None
