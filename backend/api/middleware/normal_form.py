"""Normalises a request into the form that routes expect.

- `HEAD` is a `GET` whose body is not sent. The answer of a stream ends with its headers.
- A path with a trailing slash is served like the one without it, without a redirect.
- Headers allowed only once occur once, and list headers are one line.
"""

from collections.abc import Iterator

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.api.problems import BAD_REQUEST, FieldError, problem_response

_LISTS = {b"accept", b"if-match", b"if-none-match"}
_SINGLE = {
    b"authorization",
    b"content-length",
    b"content-type",
    b"host",
    b"idempotency-key",
    b"if-range",
    b"last-event-id",
    b"range",
}

RawHeaders = list[tuple[bytes, bytes]]


class NormalFormMiddleware:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path, headers = scope["path"], scope["headers"]
        if path[-1:] == "/" and path != "/":
            scope["path"] = path.rstrip("/") or "/"
        if len({name for name, _ in headers}) != len(headers):
            if refused := list(_contradictions(headers)):
                detail = f"Send each of these headers once: {', '.join(refused)}."
                errors = [_error(name) for name in refused]
                response = problem_response(Request(scope), BAD_REQUEST, detail, errors=errors)
                await response(scope, receive, send)
                return
            scope["headers"] = _joined(headers)
        if scope["method"] == "HEAD":
            await self._head(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _head(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = {**scope, "method": "GET"}
        ended = False

        async def send_headers(message: Message) -> None:
            nonlocal ended
            if ended:
                return
            await send(message)
            if message["type"] == "http.response.start":
                # The server now tells a stream that nobody listens any more.
                ended = True
                await send({"type": "http.response.body"})

        try:
            await self.app(asked, receive, send_headers)
        finally:
            scope["route"] = asked.get("route")


def _contradictions(headers: RawHeaders) -> Iterator[str]:
    """Return the headers that occur more than once with different values."""
    for name in sorted({name for name, _ in headers} & _SINGLE):
        if len({value for each, value in headers if each == name}) > 1:
            yield name.decode().title()


def _joined(headers: RawHeaders) -> RawHeaders:
    """Join list headers into one line, and drop identical duplicates (RFC 9110, section 5.3)."""
    joined: RawHeaders = []
    places: dict[bytes, int] = {}
    for name, value in headers:
        place = places.setdefault(name, len(joined))
        if place == len(joined) or name not in _LISTS | _SINGLE:
            joined.append((name, value))
        elif name in _LISTS:
            joined[place] = (name, joined[place][1] + b", " + value)
    return joined


def _error(name: str) -> FieldError:
    return FieldError(loc=["header", name], msg="was sent with two values", type="repeated")
