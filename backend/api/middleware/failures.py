"""Gives every failure outside the routes the shape of all our errors.

- A body over the framework's limit (`max_body_size`; a route may have one of its own): 413.
- A request that a stop interrupts, where the server would send a bare 500: 503.
- An unexpected error: 500 without details, and a traceback in the log.
"""

import asyncio
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
_log = get_logger(__name__)


class FailureMiddleware:
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
            await self._catching_errors(scope, receive, answer)
        except asyncio.CancelledError:
            if answer.has_begun or not interruption.is_due:
                raise
            task.uncancel()
            headers = {"Retry-After": _RETRY_SECONDS}
            response = problem_response(Request(scope), UNAVAILABLE, _INTERRUPTED, headers=headers)
            await response(scope, receive, send)
        finally:
            interruption.working.discard(task)

    async def _catching_errors(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        try:
            await self.app(scope, receive, answer)
        except Exception as error:
            if answer.has_begun and isinstance(error.__cause__, DomainError):
                # The server closes the connection, so that nobody takes a partial response for the
                # whole.
                _log.warning("answer_broken_off", reason=str(error.__cause__))
                return
            # Any error: the log gets all details, the caller none.
            _log.exception("unexpected_error", method=scope["method"], path=scope["path"])
            if answer.has_begun:
                raise
            await problem_response(Request(scope), INTERNAL_ERROR)(scope, receive, answer)


class _Answer:
    """Sends the answer to one request, and replaces the framework's own 413."""

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
        self._scope, self._receive, self._send = scope, receive, send
        self._interruption, self._task = interruption, task

    async def __call__(self, message: Message) -> None:
        if not self.has_begun:
            self.has_begun = True
            # Started responses end by themselves: the last event of a stream gives the reason.
            self._interruption.working.discard(self._task)
            if _is_bare_too_large(message):
                self._is_replaced = True
                response = problem_response(Request(self._scope), TOO_LARGE)
                await response(self._scope, self._receive, self._send)
        if not self._is_replaced:
            await self._send(message)


def _is_bare_too_large(start: Message) -> bool:
    return (
        start["status"] == TOO_LARGE.status
        and Headers(raw=start["headers"]).get("content-type") != MEDIA_TYPE
    )
