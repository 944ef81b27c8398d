"""What an event costs that many people wait for."""

import json
import socket
import time
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx2

from backend.seeds.users import ADMIN, MEMBER
from benchmarks.cpu import cpu_of
from benchmarks.server import PASSWORD, Server

_EVENTS = 20
_WAIT_SECONDS = 60
_SETTLE_SECONDS = 5


def cpu_of_event(server: Server, listeners: int) -> float:
    """CPU milliseconds of the server from an event to the last of its listeners."""
    admin, member = (_token(server, email) for email in (ADMIN.email, MEMBER.email))
    with ExitStack() as stack, httpx2.Client(base_url=server.url, timeout=60) as client:
        me = client.get("/api/v1/users/me", headers=member).json()["id"]
        streams = [stack.enter_context(_Stream(server, member)) for _ in range(listeners)]
        for stream in streams:
            stream.wait_for_headers()
        # The server begins to listen for each of them directly behind its headers.
        time.sleep(_SETTLE_SECONDS)
        before = cpu_of(server.pid)
        for number in range(_EVENTS):
            task = {"title": f"Event {number}", "assignee_id": me}
            client.post("/api/v1/tasks", json=task, headers=admin).raise_for_status()
            for stream in streams:
                stream.wait_for(number + 1)
        return (cpu_of(server.pid) - before) * 1000 / _EVENTS


def _token(server: Server, email: str) -> dict[str, str]:
    form = {"username": email, "password": PASSWORD}
    answer = httpx2.post(f"{server.url}/api/v1/auth/token", data=form).raise_for_status()
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


class _Stream:
    def __init__(self, server: Server, headers: dict[str, str]) -> None:
        address = urlsplit(server.url)
        self._socket = socket.create_connection((address.hostname or "", address.port or 80))
        self._socket.settimeout(_WAIT_SECONDS)
        lines = ["GET /api/v1/notifications/stream HTTP/1.1", f"Host: {address.netloc}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        self._heard = b""

    def wait_for(self, count: int) -> None:
        """Until so many events about tasks of this run have come."""
        while self._heard.count(b"Event ") < count:
            self._hear()

    def wait_for_headers(self) -> None:
        while b"\r\n\r\n" not in self._heard:
            self._hear()

    def _hear(self) -> None:
        piece = self._socket.recv(65_536)
        if not piece:
            raise RuntimeError(f"the stream ended: {json.dumps(self._heard.decode()[-300:])}")
        self._heard += piece

    def __enter__(self) -> "_Stream":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
