"""Server-sent events. Where a route only streams, FastAPI does the rest."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated

from fastapi import Depends, Request, Response
from fastapi.sse import (
    KEEPALIVE_COMMENT,
    EventSourceResponse,
    ServerSentEvent,
    format_sse_event,
)
from pydantic import BaseModel

from backend.api.accept import prefers

_PING_SECONDS = 15.0
_RECONNECT_MILLISECONDS = 1_000
# JSON does not escape them, and many clients take them for line ends, as Python's `splitlines`
# does.
_LINE_ENDS = {"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"}
MEDIA_TYPE = "text/event-stream"

Events = AsyncGenerator[tuple[str, BaseModel], None]
"""The name of each event and the model of its data."""


def event_of(data: BaseModel, event_id: object, name: str | None = None) -> ServerSentEvent:
    """An event from which a client can resume."""
    return ServerSentEvent(
        event=name, raw_data=_one_line(data), id=str(event_id), retry=_RECONNECT_MILLISECONDS
    )


def _one_line(data: BaseModel) -> str:
    text = data.model_dump_json()
    for character, escape in _LINE_ENDS.items():
        text = text.replace(character, escape)
    return text


async def _wants_events(request: Request, response: Response) -> bool:
    response.headers["Vary"] = "Accept"
    return prefers(request, MEDIA_TYPE)


WantsEvents = Annotated[bool, Depends(_wants_events)]


def event_stream(events: Events) -> EventSourceResponse:
    headers = {"Vary": "Accept", "X-Accel-Buffering": "no"}
    return EventSourceResponse(_encoded(events), headers=headers)


async def _encoded(events: Events) -> AsyncIterator[bytes]:
    """Send a comment every 15 s without events, so that proxies keep the stream open."""
    coming: asyncio.Task[tuple[str, BaseModel]] | None = None
    try:
        while True:
            coming = coming or asyncio.ensure_future(anext(events))
            if not (await asyncio.wait({coming}, timeout=_PING_SECONDS))[0]:
                yield KEEPALIVE_COMMENT
                continue
            try:
                name, told = coming.result()
            except StopAsyncIteration:
                return
            coming = None
            yield format_sse_event(event=name, data_str=_one_line(told))
    finally:
        if coming is not None:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)
        await events.aclose()
