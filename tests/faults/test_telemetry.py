"""OpenTelemetry is FastAPI's own, switched on by the environment alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx2

from tests.fixtures.processes import StartServer


@contextmanager
def collector() -> Iterator[tuple[str, dict[str, bytes]]]:
    """The address of an OTLP collector, and what it has got by path."""
    received: dict[str, bytes] = {}

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received[self.path] = received.get(self.path, b"") + body
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Keep the test's output clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", received
        server.shutdown()


def test_requests_are_traced_when_the_environment_says_so(
    start_server: StartServer, fresh_database_url: str
) -> None:
    with collector() as (address, received):
        server = start_server(
            DATABASE_URL=fresh_database_url,
            FASTAPI_OTEL_AUTO_CONFIGURE="true",
            OTEL_EXPORTER_OTLP_ENDPOINT=address,
            OTEL_EXPORTER_OTLP_COMPRESSION="none",
        )
        httpx2.get(f"{server.url}/api/v1/tasks")
        server.stop()

    assert b"/api/v1/tasks" in received["/v1/traces"]
