"""Reads the rest of a body after an early response, before the connection is closed.

Closing with unread bytes resets the connection, and a client that sends everything before it reads
never sees the response.
"""

import asyncio
from contextlib import suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_DRAIN_SECONDS = 30
_DRAIN_BYTES = 256 * 1024 * 1024


class EarlyAnswerMiddleware:
    """Sends the response at once; its end waits for the rest of the body, up to both limits."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD"} or not _has_body(scope):
            await self.app(scope, receive, send)
            return
        # A client that waits for `100 Continue` sends nothing until the body is read.
        unread, may_drain = True, not _waits_to_send(scope)

        async def noting_receive() -> Message:
            nonlocal unread, may_drain
            message = await receive()
            unread, may_drain = message.get("more_body", False), True
            return message

        async def draining_send(message: Message) -> None:
            if unread and may_drain and _is_end(message):
                await send({**message, "more_body": True})
                await _drain(receive)
                message = {"type": "http.response.body", "body": b""}
            await send(message)

        await self.app(scope, noting_receive, draining_send)


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
