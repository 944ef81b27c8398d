"""Server-sent events for routes that answer in another form as well, by `Accept`.

Where a route only streams, FastAPI does all of it.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated

from fastapi import Depends, Request, Response
from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event
from pydantic import BaseModel

from backend.api.accept import prefers

_PING_SECONDS = 15.0
MEDIA_TYPE = "text/event-stream"

Events = AsyncGenerator[tuple[str, BaseModel], None]
"""The name of each event, and what it tells."""


async def _wants_events(request: Request, response: Response) -> bool:
    response.headers["Vary"] = "Accept"
    return prefers(request, MEDIA_TYPE)


WantsEvents = Annotated[bool, Depends(_wants_events)]


def event_stream(events: Events) -> EventSourceResponse:
    headers = {"Vary": "Accept", "X-Accel-Buffering": "no"}
    return EventSourceResponse(_encoded(events), headers=headers)


async def _encoded(events: Events) -> AsyncIterator[bytes]:
    """With a sign of life where nothing happens for long, for proxies in between."""
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
            yield format_sse_event(event=name, data_str=told.model_dump_json())
    finally:
        if coming is not None:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)
        await events.aclose()
