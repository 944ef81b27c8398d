"""Sees to it that every request is answered, in the shape of all our errors if it fails.

- A body over the framework's limit (`max_body_size`; a route may have one of its own): 413.
- A request that a stop interrupts, where the server would send a bare 500: 503.
- An unexpected error: 500 without details, and a traceback in the log.
- After an early response, the rest of the body is read before the connection is closed. Closing
  with unread bytes resets the connection, and a client that sends everything before it reads never
  sees the response.
"""

import asyncio
from contextlib import suppress
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.api.problems import (
    INTERNAL_ERROR,
    MEDIA_TYPE,
    TOO_LARGE,
    UNAVAILABLE,
    problem_response,
)
from backend.core.errors import DomainError
from backend.core.logging import get_logger
from backend.core.stopping import Interruption

_RETRY_SECONDS = "5"
_INTERRUPTED = (
    "The server is stopping and cut off the request. Check whether it was done, or send it again "
    "with the same Idempotency-Key."
)
_DRAIN_SECONDS = 30
_DRAIN_BYTES = 256 * 1024 * 1024
_log = get_logger(__name__)


class AnswerMiddleware:
    """The `Interruption` is in the state of the application.

    It runs inside the middleware that adds headers, so that its answers have them too.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        task = asyncio.current_task()
        if scope["type"] != "http" or task is None:
            await self.app(scope, receive, send)
            return
        interruption: Interruption = scope["app"].state.interruption
        answer = _Answer(scope, receive, send, interruption, task)
        interruption.working.add(task)
        try:
            await self._catching_errors(scope, answer.receive, answer)
        except asyncio.CancelledError:
            if answer.has_begun or not interruption.is_due:
                raise
            task.uncancel()
            headers = {"Retry-After": _RETRY_SECONDS}
            response = problem_response(Request(scope), UNAVAILABLE, _INTERRUPTED, headers=headers)
            await response(scope, receive, answer)
        finally:
            interruption.working.discard(task)

    async def _catching_errors(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        try:
            await self.app(scope, receive, answer)
        except Exception as error:  # whatever it is: the log gets all details, the caller none
            if answer.has_begun and isinstance(error.__cause__, DomainError):
                # The server closes the connection, so that nobody takes a partial response for the
                # whole.
                _log.warning("answer_broken_off", reason=str(error.__cause__))
                return
            _log.exception("unexpected_error", method=scope["method"], path=scope["path"])
            if answer.has_begun:
                raise
            await problem_response(Request(scope), INTERNAL_ERROR)(scope, receive, answer)


class _Answer:
    """Sends the answer to one request, and replaces the framework's own 413.

    It is sent at once; its end waits for the rest of the body, up to both limits.
    """

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        interruption: Interruption,
        task: asyncio.Task[Any],
    ) -> None:
        self.has_begun = False
        self._is_replaced = False
        self._is_unread = scope["method"] not in {"GET", "HEAD"} and _has_body(scope)
        # A client that waits for `100 Continue` sends nothing until the body is read.
        self._may_drain = not (self._is_unread and _waits_to_send(scope))
        self._scope, self._receive, self._send = scope, receive, send
        self._interruption, self._task = interruption, task

    async def receive(self) -> Message:
        message = await self._receive()
        self._is_unread, self._may_drain = message.get("more_body", False), True
        return message

    async def __call__(self, message: Message) -> None:
        if not self.has_begun:
            self.has_begun = True
            # Started responses end by themselves: the last event of a stream gives the reason.
            self._interruption.working.discard(self._task)
            if _is_bare_too_large(message):
                self._is_replaced = True
                response = problem_response(Request(self._scope), TOO_LARGE)
                await response(self._scope, self._receive, self._pass_on)
        if not self._is_replaced:
            await self._pass_on(message)

    async def _pass_on(self, message: Message) -> None:
        if self._is_unread and self._may_drain and _is_end(message):
            await self._send({**message, "more_body": True})
            await _drain(self._receive)
            message = {"type": "http.response.body", "body": b""}
        await self._send(message)


def _is_bare_too_large(start: Message) -> bool:
    return (
        start["status"] == TOO_LARGE.status
        and Headers(raw=start["headers"]).get("content-type") != MEDIA_TYPE
    )


def _has_body(scope: Scope) -> bool:
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
        for name, value in scope["headers"]
    )


def _waits_to_send(scope: Scope) -> bool:
    return any(name == b"expect" for name, _ in scope["headers"])


def _is_end(message: Message) -> bool:
    return message["type"] == "http.response.body" and not message.get("more_body", False)


async def _drain(receive: Receive) -> None:
    left = _DRAIN_BYTES
    with suppress(TimeoutError):
        async with asyncio.timeout(_DRAIN_SECONDS):
            while left > 0:
                message = await receive()
                if not message.get("more_body", False):
                    return
                left -= len(message["body"])
