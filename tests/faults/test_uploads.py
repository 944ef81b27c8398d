"""Uploads that break off, before a real server."""

import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import httpx2
import psycopg
import pytest

from tests.fixtures.processes import START_SECONDS, Server, StartServer, wait_for_waiting

FILES = "/api/v1/files"
HEAD = """\
POST /api/v1/files HTTP/1.1\r
Host: localhost\r
Authorization: {}\r
Content-Type: multipart/form-data; boundary=b\r
{}\r
\r
"""
HALF = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nHalf of'
SIZES = {
    "with its size": ("Content-Length: 2000000", HALF + b"x" * 1_500_000),
    "in chunks": ("Transfer-Encoding: chunked", b"%x\r\n%b\r\n" % (len(HALF), HALF)),
}


class Place(NamedTuple):
    """Where a server keeps what it is given."""

    settings: dict[str, str]
    database_url: str
    folder: Path

    def rows(self) -> set[str]:
        with psycopg.connect(self.database_url) as connection:
            return {str(row[0]) for row in connection.execute("SELECT id FROM files")}

    def contents(self) -> set[str]:
        return {path.name for path in self.folder.rglob("*")}


@pytest.fixture
def place(fresh_database_url: str, tmp_path: Path) -> Place:
    folder = tmp_path / "files"
    settings = {
        "DATABASE_URL": fresh_database_url,
        "FILES_URL": folder.as_uri(),
        "LOG_FORMAT": "json",
    }
    return Place(settings, fresh_database_url, folder)


def test_a_client_that_goes_away_leaves_nothing_behind(
    place: Place, start_server: StartServer
) -> None:
    server = start_server(**place.settings)
    headers = server.sign_in()
    before = place.contents()

    for number, (size, body) in enumerate(SIZES.values(), start=1):
        with socket.create_connection(("127.0.0.1", httpx2.URL(server.url).port or 0)) as client:
            client.sendall(HEAD.format(headers["Authorization"], size).encode() + body)
        _wait_for_requests(server, number)

    assert server.get(FILES, headers).status_code == 200
    assert place.contents() == before == place.rows()
    assert "Traceback" not in server.log.read_text()
    assert "unexpected_error" not in server.log.read_text()


def test_a_server_that_is_killed_before_the_commit_leaves_no_row_without_content(
    place: Place, start_server: StartServer
) -> None:
    killed = start_server(**place.settings)
    headers = killed.sign_in()
    customer = {"customer_id": killed.get("/api/v1/customers", headers).json()["items"][0]["id"]}
    before = place.contents()

    def upload() -> None:
        with suppress(httpx2.TransportError):
            killed.post(FILES, headers=headers, data=customer, files={"file": ("a.txt", b"Hello")})

    with ThreadPoolExecutor() as threads, psycopg.connect(place.database_url) as connection:
        connection.execute("SELECT FROM customers WHERE id = %(customer_id)s FOR UPDATE", customer)
        threads.submit(upload)
        wait_for_waiting(place.database_url, 1)
        killed.stop(signal.SIGKILL)

    server = start_server(**place.settings)
    assert server.get(FILES, headers).status_code == 200
    # PostgreSQL may still carry out the statement that it has begun for a client which is gone.
    assert place.rows() <= place.contents()
    assert len(place.contents() - before) == 1


def _wait_for_requests(server: Server, count: int) -> None:
    """Until the server has done with so many uploads."""
    deadline = time.monotonic() + START_SECONDS
    while server.log.read_text().count(f'"path": "{FILES}"') < count:
        assert time.monotonic() < deadline, server.log.read_text()
        time.sleep(0.01)
