"""Around every response: a request id, headers for browsers, a log line, metrics."""

import re
from functools import cache
from time import perf_counter
from typing import Any
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from backend.api.metrics import REQUEST_SECONDS, REQUESTS
from backend.core.logging import get_logger

REQUEST_ID_HEADER = "X-Request-ID"
_REQUEST_ID = REQUEST_ID_HEADER.lower().encode()
_ACCEPTED_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    # Pages such as `/docs` set their own policy.
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    # Responses contain what only this caller may see.
    b"cache-control": b"no-store",
}
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_HTTPS_ONLY = {b"strict-transport-security": b"max-age=31536000; includeSubDomains"}
_log = get_logger("backend.access")


class EnvelopeMiddleware:
    """Adopts a caller's X-Request-ID if it is short and plain, to connect traces."""

    def __init__(self, app: ASGIApp, *, https_only: bool) -> None:
        self.app = app
        self._headers = _HEADERS | (_HTTPS_ONLY if https_only else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _id_of(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        status = 500

        async def send_in_envelope(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = list(message.get("headers", ()))
                given = {name for name, _ in headers}
                headers += [pair for pair in self._headers.items() if pair[0] not in given]
                headers.append((_REQUEST_ID, request_id.encode()))
                message = {**message, "headers": headers}
            await send(message)

        started = perf_counter()
        with bound_contextvars(request_id=request_id):
            try:
                await self.app(scope, receive, send_in_envelope)
            finally:
                _observe(scope, status, perf_counter() - started)


def _id_of(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == _REQUEST_ID:
            return value.decode() if _ACCEPTED_ID.fullmatch(value) else uuid4().hex
    return uuid4().hex


def _observe(scope: Scope, status: int, seconds: float) -> None:
    method, route = scope["method"], _route_path(scope)
    # Callers may send any word as a method, and each would become a label for good.
    requests, times = _metrics(method if method in _METHODS else "other", route, status)
    requests.inc()
    times.observe(seconds)
    _log.info(
        "request",
        method=method,
        path=scope["path"],
        client=scope["client"][0] if scope.get("client") else None,
        status=status,
        milliseconds=round(seconds * 1000, 1),
    )


def _route_path(scope: Scope) -> str:
    """Return the template of the matched route: raw paths are unbounded."""
    path: str = scope["app"].state.route_paths.get(id(scope.get("route")), "unmatched")
    return path


@cache
def _metrics(method: str, route: str, status: int) -> tuple[Any, Any]:
    """Return the counter and the histogram, whose look-up takes longer than counting."""
    return REQUESTS.labels(method, route, str(status)), REQUEST_SECONDS.labels(method, route)
