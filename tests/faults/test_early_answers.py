"""Requests that are answered before their body was read, by clients that send all before they read.

Such are Python's urllib, old HTTP clients, and proxies that have buffered a body.
"""

import socket
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlsplit

import pytest

from tests.fixtures.processes import START_SECONDS, Server

BODY = b"x" * 8 * 1024 * 1024
FORM = {"Content-Type": "multipart/form-data; boundary=b"}
JSON = {"Content-Type": "application/json"}
REFUSED = {
    "too large": ("POST", "/api/v1/tasks", JSON, True, 413),
    "not signed in": ("POST", "/api/v1/files", FORM, False, 401),
    "no such path": ("POST", "/api/v1/nowhere", JSON, True, 404),
    "no such method": ("PUT", "/api/v1/tasks", JSON, True, 405),
    "a form without a boundary": (
        "POST",
        "/api/v1/files",
        {"Content-Type": "multipart/form-data"},
        True,
        400,
    ),
    "a body where none belongs": ("DELETE", "/api/v1/tasks/1", JSON, True, 413),
}


def address(server: Server) -> tuple[str, int]:
    url = urlsplit(server.url)
    return url.hostname or "", url.port or 0


def opened(server: Server) -> socket.socket:
    return socket.create_connection(address(server), timeout=START_SECONDS)


@pytest.mark.parametrize(
    ("method", "path", "headers", "signed_in", "status"), REFUSED.values(), ids=REFUSED
)
def test_a_client_that_sends_all_before_it_reads_learns_why_it_was_refused(
    lasting_server: Server,
    method: str,
    path: str,
    headers: dict[str, str],
    signed_in: bool,
    status: int,
) -> None:
    given = headers | (lasting_server.sign_in() if signed_in else {})
    client = HTTPConnection(*address(lasting_server), timeout=START_SECONDS)
    with closing(client):
        client.request(method, path, BODY, given | {"Connection": "close"})

        answer = client.getresponse()

        assert answer.status == status
        assert b'"type":"/problems/' in answer.read()


def test_a_client_that_reads_while_it_sends_need_not_send_the_rest(lasting_server: Server) -> None:
    head = b"POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n"
    with opened(lasting_server) as client:
        client.sendall(head + b"x" * 1_000)

        answer = HTTPResponse(client)
        answer.begin()

        assert answer.status == 404
        assert b'"type":"/problems/not-found"' in answer.read()


def test_a_client_that_waits_to_be_told_is_not_made_to_send(lasting_server: Server) -> None:
    head = b"POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n"
    with opened(lasting_server) as client:
        client.sendall(head + b"Connection: close\r\nExpect: 100-continue\r\n\r\n")

        answer = b"".join(iter(lambda: client.recv(65_536), b""))

    assert answer.startswith(b"HTTP/1.1 404")
    assert b"100 Continue" not in answer


def test_headers_without_measure_are_refused_by_the_server_itself(lasting_server: Server) -> None:
    with opened(lasting_server) as client:
        client.sendall(b"GET /health/live HTTP/1.1\r\nHost: a\r\n" + b"x: y\r\n" * 20_000)

        answer = HTTPResponse(client)
        answer.begin()

        assert answer.status == 431
        assert b'"type":"/problems/headers-too-large"' in answer.read()
