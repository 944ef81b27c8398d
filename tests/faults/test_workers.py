"""`mvp serve` with several processes."""

import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from backend.seeds.users import MEMBER
from tests.fixtures.processes import START_SECONDS, Server, StartServer, free_port
from tests.fixtures.waiting import wait_until


@pytest.fixture
def server(start_server: StartServer, fresh_database_url: str, tmp_path: Path) -> Server:
    """Two workers, both at work."""
    server = start_server(
        "--workers=2",
        DATABASE_URL=fresh_database_url,
        SEED_ON_START="false",
        TMPDIR=str(tmp_path),
    )
    deadline = time.monotonic() + START_SECONDS
    while len(_workers(server)) < 2:
        assert time.monotonic() < deadline, server.log.read_text()
        time.sleep(0.05)
    return server


def test_workers_count_their_requests_together_and_none_outlives_its_parent(
    server: Server,
) -> None:
    for worker in _workers(server):
        with _paused(worker):
            server.get("/health/live").raise_for_status()

    line = 'http_requests_total{method="GET",route="/health/live",status="200"} 2.0'
    # A request is counted after its answer: a worker that is paused in between has not counted.
    wait_until(lambda: line in server.get("/metrics").text)
    for worker in _workers(server):
        with _paused(worker):
            assert line in server.get("/metrics").text

    server.stop(signal.SIGKILL)

    wait_until(lambda: not _answers(server))


def test_they_are_replaced_one_after_the_other_even_by_some_that_start_slowly(
    server: Server,
) -> None:
    before, children = _workers(server), _children(server)

    server.process.send_signal(signal.SIGHUP)

    wait_until(lambda: len(_children(server)) > len(children))
    for replacing in _children(server) - children:
        with _paused(replacing):
            # Longer than uvicorn waits by default.
            time.sleep(6)
    wait_until(lambda: not _children(server) & set(before))
    assert len(_workers(server)) == 4
    assert server.stop() == 0


@pytest.mark.parametrize("option", ["--workers=1", "--workers=2", "--reload"])
def test_links_in_mails_lead_to_the_port_that_was_given_on_the_command_line(
    start_server: StartServer, fresh_database_url: str, tmp_path: Path, option: str
) -> None:
    port = free_port()
    settings = {"DATABASE_URL": fresh_database_url, "PORT": "1"}
    started = start_server(option, f"--port={port}", wait=False, **settings)
    server = replace(started, url=f"http://127.0.0.1:{port}")
    server.wait_until_ready()

    forgotten = {"email": MEMBER.email}
    server.post("/api/v1/auth/password-reset", json=forgotten).raise_for_status()

    mails = tmp_path / ".data" / "mail"
    wait_until(lambda: any(mails.glob("*.eml")), server.log.read_text)
    [mail] = mails.glob("*.eml")
    assert f"http://localhost:{port}/docs" in mail.read_text()


def _children(server: Server) -> set[int]:
    pid = server.process.pid
    return set(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


def _workers(server: Server) -> list[int]:
    log = server.log.read_text()
    return [int(pid) for pid in re.findall(r"Started server process \[(\d+)", log)]


@contextmanager
def _paused(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def _answers(server: Server) -> bool:
    try:
        server.get("/health/live")
    except httpx2.ConnectError:
        return False
    except httpx2.TransportError:
        return True
    return True
