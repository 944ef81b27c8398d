"""Answers a request that a stop interrupts; otherwise the server would send a bare 500."""

import asyncio

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.api.problems import UNAVAILABLE, problem_response
from backend.core.stopping import Interruption

_RETRY_SECONDS = "5"
_INTERRUPTED = (
    "The server is stopping and cut off the request. Check whether it was done, or send it again "
    "with the same Idempotency-Key."
)


class InterruptionMiddleware:
    """The `Interruption` is in the state of the application."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        task = asyncio.current_task()
        if scope["type"] != "http" or task is None:
            await self.app(scope, receive, send)
            return
        interruption: Interruption = scope["app"].state.interruption
        started = False

        async def watched_send(message: Message) -> None:
            nonlocal started
            started = True
            # Started responses end by themselves: the last event of a stream gives the reason.
            interruption.leave(task)
            await send(message)

        interruption.watch(task)
        try:
            await self.app(scope, receive, watched_send)
        except asyncio.CancelledError:
            if started or not interruption.is_due:
                raise
            task.uncancel()
            headers = {"Retry-After": _RETRY_SECONDS}
            response = problem_response(Request(scope), UNAVAILABLE, _INTERRUPTED, headers=headers)
            await response(scope, receive, send)
        finally:
            interruption.leave(task)
