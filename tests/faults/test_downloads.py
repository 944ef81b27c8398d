"""Downloads from a real server whose reader loses their rights meanwhile."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import httpx2
import psycopg
import pytest

from tests.fixtures.processes import START_SECONDS, Server, StartServer

ADMIN = "admin@example.com"
MEGABYTES = 30
ADD_CUSTOMERS = """
    INSERT INTO customers
        (id, name, status, notes, created_at, updated_at, version, owner_id)
    SELECT gen_random_uuid(), 'Person ' || n, 'prospect', repeat('x', 5000), now(), now(), 1, %s
    FROM generate_series(1, %s) AS n
"""


@pytest.fixture
def server(start_server: StartServer, fresh_database_url: str) -> Server:
    return start_server(DATABASE_URL=fresh_database_url, WORKER_ENABLED="false")


@pytest.fixture
def reader(server: Server) -> tuple[UUID, dict[str, str]]:
    """A viewer: their id, and headers of their requests."""
    password = uuid4().hex
    account = {"email": f"{password}@example.com", "full_name": "Ada", "password": password}
    created = server.post("/api/v1/users", json=account, headers=server.sign_in(ADMIN))
    form = {"username": account["email"], "password": password}
    tokens = server.post("/api/v1/auth/token", data=form).raise_for_status().json()
    return UUID(created.json()["id"]), {"Authorization": f"Bearer {tokens['access_token']}"}


def deactivate(server: Server, user_id: UUID) -> None:
    path = f"/api/v1/users/{user_id}/deactivate"
    server.post(path, headers=server.sign_in(ADMIN)).raise_for_status()


def read_whole(pieces: Iterator[bytes]) -> int:
    return sum(map(len, pieces))


def test_a_list_as_csv_is_broken_off_and_does_not_look_complete(
    server: Server, reader: tuple[UUID, dict[str, str]], fresh_database_url: str
) -> None:
    user_id, headers = reader
    with psycopg.connect(fresh_database_url) as connection:
        connection.execute(ADD_CUSTOMERS, (user_id, MEGABYTES * 200))

    path = f"{server.url}/api/v1/customers"
    accepting = headers | {"Accept": "text/csv"}
    with httpx2.stream("GET", path, headers=accepting, timeout=START_SECONDS) as answer:
        pieces = answer.iter_raw(10_000)
        assert next(pieces).startswith(b"\xef\xbb\xbfid,")
        deactivate(server, user_id)

        with pytest.raises(httpx2.RemoteProtocolError):
            read_whole(pieces)

    assert "The account is deactivated." in server.log.read_text()
    assert "Traceback" not in server.log.read_text()


def test_a_file_is_broken_off(server: Server, reader: tuple[UUID, dict[str, str]]) -> None:
    user_id, headers = reader
    content = b"0123456789" * (MEGABYTES * 100_000)
    upload = {"file": ("long.txt", content)}
    file = server.post("/api/v1/files", files=upload, headers=headers).raise_for_status().json()

    path = f"{server.url}/api/v1/files/{file['id']}/content"
    with httpx2.stream("GET", path, headers=headers, timeout=START_SECONDS) as answer:
        pieces = answer.iter_raw(10_000)
        next(pieces)
        deactivate(server, user_id)

        with pytest.raises(httpx2.RemoteProtocolError):
            read_whole(pieces)
