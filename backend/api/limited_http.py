"""uvicorn's HTTP protocol, with limits on what a client sends before the application is called.

It depends on the callbacks of `HttpToolsProtocol`; `tests/integration/api/test_limited_http.py`
fails if they change.
"""

import asyncio
from http import HTTPStatus
from typing import NamedTuple
from uuid import uuid4

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from backend.api import problems
from backend.api.problems import MEDIA_TYPE, Problem, ProblemType
from backend.core.logging import get_logger

_log = get_logger(__name__)


class Limits(NamedTuple):
    """
    Attributes:
        head_bytes: the largest request line with all headers; also of data without progress later,
            such as trailers.
        headers: how many headers are allowed.
        seconds: how long a head may take, and how often the progress of a body is checked.
        body_bytes: the least of a body that must arrive within `seconds`.
        lingering_seconds: how long a refused client may continue sending before it is disconnected.
    """

    head_bytes: int = 64 * 1024
    headers: int = 100
    seconds: float = 20
    body_bytes: int = 10_000
    lingering_seconds: float = 2


# The part being received. Plain numbers, as it is set four times in each request.
_NOTHING, _HEAD, _BODY = range(3)


class _RefusedError(Exception):
    pass


class LimitedHttpProtocol(HttpToolsProtocol):
    """A request that arrives whole and within the limits costs no timer."""

    limits = Limits()

    _part = _NOTHING
    _chunk_bytes = _unfinished_bytes = 0
    _body_bytes = _body_bytes_seen = 0
    _problem: ProblemType = problems.BAD_REQUEST
    _is_refused = False
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        super().connection_made(transport)
        self._timer = self.loop.call_later(self.limits.seconds, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        self._chunk_bytes = len(data)
        self._unfinished_bytes += len(data)
        super().data_received(data)
        if self._is_refused:
            return
        if self._part is _NOTHING and not self._is_answered:
            self._stop_timer()
        elif self._unfinished_bytes > self.limits.head_bytes:
            self._refuse(problems.HEAD_TOO_LARGE)
        elif self._timer is None:
            self._start_timer()

    def on_message_begin(self) -> None:
        self._stop_timer()
        self._part = _HEAD
        self._body_bytes = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        if len(self.headers) > self.limits.headers or self._is_head_too_large():
            self._problem = problems.HEAD_TOO_LARGE
            raise _RefusedError
        self._stop_timer()
        self._part = _BODY
        self._unfinished_bytes = 0
        super().on_headers_complete()
        # Trailers would be added to the headers that the application has checked.
        self.headers = []

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        self._unfinished_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._part = _NOTHING
        self._unfinished_bytes = 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        self._refuse(self._problem)

    @property
    def _is_answered(self) -> bool:
        """Whether there is nothing to answer, as after an empty line."""
        return self.cycle is None or self.cycle.response_complete

    def _is_head_too_large(self) -> bool:
        # Only a large chunk can hold more than was counted.
        if self._chunk_bytes <= self.limits.head_bytes:
            return False
        fields = sum(len(name) + len(value) for name, value in self.headers)
        return fields + len(self.url) > self.limits.head_bytes

    def _start_timer(self) -> None:
        self._body_bytes_seen = self._body_bytes
        self._timer = self.loop.call_later(self.limits.seconds, self._look)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        """By now the head must have arrived, and enough of the body."""
        self._timer = None
        if self._part is not _HEAD and self._is_answered:
            # It sends nothing, or continues a body that was answered long ago.
            self.transport.close()
        elif self._part is _BODY and self._is_body_coming():
            self._start_timer()
        else:
            self._refuse(problems.TOO_SLOW)

    def _is_body_coming(self) -> bool:
        """Or the application does not read it, which is not the client's fault."""
        came = self._body_bytes - self._body_bytes_seen
        return self.flow.read_paused or came >= self.limits.body_bytes

    def _refuse(self, kind: ProblemType) -> None:
        """Answer, unless an answer has begun, and close when the client has had time to read it."""
        request_id = uuid4().hex
        client = self.client[0] if self.client else None
        _log.warning("request_refused", status=kind.status, client=client, request_id=request_id)
        self._is_refused = True
        self._stop_timer()
        if self.cycle is not None and not self.cycle.response_complete:
            if self.cycle.response_started or self._part is not _BODY:
                self.transport.close()
                return
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.write(_answer(kind, request_id))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.flow.resume_reading()
        self._timer = self.loop.call_later(self.limits.lingering_seconds, self.transport.close)


def _answer(kind: ProblemType, request_id: str) -> bytes:
    problem = Problem(
        type=f"/problems/{kind.slug}",
        title=kind.title,
        status=kind.status,
        detail=kind.meaning,
        instance="",
        request_id=request_id,
    )
    body = problem.model_dump_json()
    head = (
        f"HTTP/1.1 {kind.status} {HTTPStatus(kind.status).phrase}",
        f"Content-Type: {MEDIA_TYPE}",
        f"Content-Length: {len(body.encode())}",
        f"X-Request-ID: {request_id}",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        "Connection: close",
    )
    return "\r\n".join((*head, "", body)).encode()
