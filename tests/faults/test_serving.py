"""`mvp serve` with the embedded PostgreSQL is stopped, killed and started again."""

import signal
import time
from pathlib import Path

import httpx2

from tests.fixtures.postgres import postgres_runs
from tests.fixtures.processes import START_SECONDS, Server, StartServer


def test_two_signals_at_once_stop_the_server_and_its_postgres_as_well(
    data_dir: Path, start_server: StartServer
) -> None:
    server = start_server(DATA_DIR=str(data_dir))

    server.process.send_signal(signal.SIGINT)
    time.sleep(0.03)
    server.stop(signal.SIGINT)

    assert not postgres_runs(data_dir)


def test_a_signal_while_postgres_starts_leaves_nothing_running(
    data_dir: Path, start_server: StartServer
) -> None:
    server = start_server(DATA_DIR=str(data_dir), wait=False)
    _wait_for_postgres(server, data_dir)

    assert server.stop() == 0
    assert not postgres_runs(data_dir)


def test_a_start_after_a_kill_loses_nothing_and_leaves_nothing_running(
    data_dir: Path, start_server: StartServer
) -> None:
    killed = start_server(DATA_DIR=str(data_dir))
    created = _create_task(killed)
    killed.stop(signal.SIGKILL)
    assert postgres_runs(data_dir)

    server = start_server(DATA_DIR=str(data_dir))

    assert server.get(created.headers["Location"], server.sign_in()).json() == created.json()
    assert server.stop(signal.SIGTERM) == 0
    assert not postgres_runs(data_dir)


def test_servers_share_the_embedded_postgres_and_the_last_one_stops_it(
    data_dir: Path, start_server: StartServer
) -> None:
    first, second = (start_server(DATA_DIR=str(data_dir), wait=False) for _ in range(2))
    first.wait_until_ready()
    second.wait_until_ready()
    created = _create_task(first)

    first.stop()

    assert second.get(created.headers["Location"], second.sign_in()).json() == created.json()
    # The last one's terminal is closed.
    assert second.stop(signal.SIGHUP) == 0
    assert not postgres_runs(data_dir)
    assert "Traceback" not in second.log.read_text()


def test_a_second_start_is_ready_within_five_seconds(
    data_dir: Path, start_server: StartServer
) -> None:
    def seconds_to_ready() -> float:
        began = time.monotonic()
        server = start_server(DATA_DIR=str(data_dir))
        ready = time.monotonic()
        server.stop()
        return ready - began

    # Once is enough: the machine may have other work.
    assert any(seconds_to_ready() < 5 for _ in range(3))


def _create_task(server: Server) -> httpx2.Response:
    task = {"title": "Outlive the server"}
    return server.post("/api/v1/tasks", headers=server.sign_in(), json=task).raise_for_status()


def _wait_for_postgres(server: Server, data_dir: Path) -> None:
    """Until it has begun to start, which takes it a tenth of a second."""
    deadline = time.monotonic() + START_SECONDS
    while not postgres_runs(data_dir):
        assert server.process.poll() is None, server.log.read_text()
        assert time.monotonic() < deadline
        time.sleep(0.001)
