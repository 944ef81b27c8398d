"""Turns an unexpected error into a 500 without details, and a traceback in the log."""

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.api.problems import INTERNAL_ERROR, problem_response
from backend.core.errors import DomainError
from backend.core.logging import get_logger

_log = get_logger(__name__)


class ErrorBoundaryMiddleware:
    """Runs inside the middleware that adds headers, so that a 500 has them too."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def watched_send(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, watched_send)
        except Exception as error:
            if started and isinstance(error.__cause__, DomainError):
                # The server closes the connection, so that nobody takes a partial response for the
                # whole.
                _log.warning("answer_broken_off", reason=str(error.__cause__))
                return
            # Any error: the log gets all details, the caller none.
            _log.exception("unexpected_error", method=scope["method"], path=scope["path"])
            if started:
                raise
            response = problem_response(Request(scope), INTERNAL_ERROR)
            await response(scope, receive, send)
