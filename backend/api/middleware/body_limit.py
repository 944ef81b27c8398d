"""Gives the framework's response to a body over the limit the shape of all our errors.

The limit itself is the framework's (`max_body_size`); a route may have one of its own.
"""

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.api.problems import MEDIA_TYPE, TOO_LARGE, problem_response


class BodyLimitMiddleware:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        replaced = False

        async def send_problem(message: Message) -> None:
            nonlocal replaced
            if message["type"] == "http.response.start" and message["status"] == TOO_LARGE.status:
                replaced = Headers(raw=message["headers"]).get("content-type") != MEDIA_TYPE
                if replaced:
                    await problem_response(Request(scope), TOO_LARGE)(scope, receive, send)
            if not replaced:
                await send(message)

        await self.app(scope, receive, send_problem)
