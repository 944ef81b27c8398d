"""Requests that are cancelled: by a stop, and otherwise."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from backend.api.middleware.answers import AnswerMiddleware
from backend.core.stopping import Interruption


class Waiting:
    """An application whose answers never come to their end."""

    def __init__(self, *, begins: bool) -> None:
        self._begins = begins
        self.is_at_work = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._begins:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        self.is_at_work.set()
        await asyncio.Event().wait()


async def interrupted(*, begins: bool, is_stopped: bool) -> list[Message]:
    """What is sent by a request that is cancelled."""
    stopped = asyncio.Event()
    interruption = Interruption(stopped)
    app = Waiting(begins=begins)
    sent: list[Message] = []
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "headers": [],
        "app": SimpleNamespace(state=SimpleNamespace(interruption=interruption)),
        "state": {"request_id": "one"},
    }

    async def receive() -> Message:
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    asking = asyncio.ensure_future(AnswerMiddleware(app)(scope, receive, send))
    await app.is_at_work.wait()
    if is_stopped:
        stopped.set()
        interruption.interrupt()
    else:
        asking.cancel()
    await asyncio.wait({asking}, timeout=0.05)
    if not asking.done():
        asking.cancel()
    await asking
    return sent


async def test_what_a_stop_interrupts_is_answered() -> None:
    start, _body = await interrupted(begins=False, is_stopped=True)

    assert start["status"] == 503
    assert (b"retry-after", b"5") in start["headers"]


@pytest.mark.parametrize(("begins", "is_stopped"), [(True, True), (False, False), (True, False)])
async def test_all_else_is_cut_off(*, begins: bool, is_stopped: bool) -> None:
    with pytest.raises(asyncio.CancelledError):
        await interrupted(begins=begins, is_stopped=is_stopped)


async def test_what_has_begun_is_not_interrupted() -> None:
    interruption = Interruption(asyncio.Event())
    working = asyncio.ensure_future(asyncio.sleep(0))
    interruption.working.add(working)
    interruption.working.discard(working)

    interruption.interrupt()

    await working
