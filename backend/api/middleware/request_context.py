"""Gives each request an id, and tells the log and the metrics how it went."""

import re
from time import perf_counter
from uuid import uuid4

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from backend.api.metrics import REQUEST_SECONDS, REQUESTS
from backend.core.logging import get_logger

REQUEST_ID_HEADER = "X-Request-ID"
_ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_log = get_logger("backend.access")


class RequestContextMiddleware:
    """Takes over a caller's X-Request-ID if it is short and plain, so that traces join up."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID_HEADER, "")
        request_id = given if _ACCEPTED_ID.fullmatch(given) else uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        status = 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID_HEADER] = request_id
            await send(message)

        started = perf_counter()
        with bound_contextvars(request_id=request_id):
            try:
                await self.app(scope, receive, send_with_id)
            finally:
                _observe(scope, status, perf_counter() - started)


def _observe(scope: Scope, status: int, seconds: float) -> None:
    route = _route_path(scope)
    REQUESTS.labels(scope["method"], route, str(status)).inc()
    REQUEST_SECONDS.labels(scope["method"], route).observe(seconds)
    _log.info(
        "request",
        method=scope["method"],
        path=scope["path"],
        client=scope["client"][0] if scope.get("client") else None,
        status=status,
        milliseconds=round(seconds * 1000, 1),
    )


def remember_route_paths(app: FastAPI) -> None:
    """Call this once all routers are in: a route itself does not know its prefix."""
    contexts = iter_route_contexts(app.routes)
    app.state.route_paths = {id(context.route): context.path for context in contexts}


def _route_path(scope: Scope) -> str:
    """The template of the route that took the request: paths themselves are without number."""
    path: str = scope["app"].state.route_paths.get(id(scope.get("route")), "unmatched")
    return path
