"""One stream of server-sent events for all that a page shows."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing
from functools import partial
from typing import Annotated, Any

from fastapi import Depends, Header, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel

from backend.api.deps import CallerDep
from backend.api.event_streams import MEDIA_TYPE, event_of
from backend.api.injection import Injected
from backend.api.openapi_streams import content_of_stream
from backend.api.problems import NOT_FOUND, declare
from backend.api.routes import CheckedRoute, ResourceRouter
from backend.models.assistant.chat_messages import ChatMessage, ChatMessagePublic
from backend.models.background.executions import Execution, ExecutionState
from backend.models.notifications.combined_stream import (
    LastEventId,
    StreamGone,
    StreamQuery,
    StreamStarted,
)
from backend.models.notifications.notifications import Notification, NotificationPublic
from backend.models.platform.stream_positions import from_event_id, to_event_id
from backend.services.notifications.combined_stream import CombinedStream, StreamEvent
from backend.services.platform.live_streams import Part

router = ResourceRouter(prefix="/stream", tags=["stream"], route_class=CheckedRoute)


def _public(model: type[BaseModel]) -> Callable[[Any], BaseModel]:
    """Return what makes the public form of a row."""
    return partial(model.model_validate, from_attributes=True)


_EVENTS: Mapping[str, type[BaseModel]] = {
    "start": StreamStarted,
    "notification": NotificationPublic,
    "execution": ExecutionState,
    "chat_message": ChatMessagePublic,
    "gone": StreamGone,
}
_TOLD: Mapping[type, tuple[str, Callable[[Any], BaseModel]]] = {
    Notification: ("notification", _public(NotificationPublic)),
    Execution: ("execution", ExecutionState.of),
    ChatMessage: ("chat_message", _public(ChatMessagePublic)),
}
"""The name of the event of each row, and its data."""

_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The events as they happen.",
        "content": {MEDIA_TYPE: content_of_stream(_EVENTS)},
    },
    **declare(NOT_FOUND),
}


async def _parts(
    query: Annotated[StreamQuery, Query()],
    by: CallerDep,
    stream: Injected[CombinedStream],
    last_event_id: Annotated[
        LastEventId | None,
        Header(
            alias="Last-Event-ID",
            description="The `id` of the last event that you received: what follows it is sent.",
        ),
    ] = None,
) -> list[Part[Any]]:
    """Read before the stream begins: within it, it is too late for a 404."""
    after = from_event_id(last_event_id) if last_event_id else {}
    return await stream.open(query.wanted(by.user_id), after, by)


@router.get("", response_class=EventSourceResponse, responses=_RESPONSES)
async def follow_stream(
    parts: Annotated[list[Part[Any]], Depends(_parts)],
    by: CallerDep,
    stream: Injected[CombinedStream],
) -> AsyncIterator[ServerSentEvent]:
    """Follow notifications, executions and chats by server-sent events, over one connection.

    The first event is `start`: load what the page shows then, and nothing is missed. The others are
    `notification`, `execution` (its state, now and at each change), `chat_message` (added or
    changed) and `gone` (deleted: follow it no longer). Each `id` stands for all parts: reconnect
    with the last one as `Last-Event-ID` and you get all that came since, each once, from any
    server. You may follow more or less then; what is new begins as it would by itself.

    The stream ends when your session ends or the server stops. Lines that begin with a colon only
    keep the connection alive.
    """
    async with aclosing(stream.events(parts, by)) as events:
        async for each in events:
            name, data = _told(each)
            yield event_of(data, to_event_id(each.positions), name)


def _told(event: StreamEvent) -> tuple[str, BaseModel]:
    """Return the name and the data of an event."""
    if event.news is None:
        return "start", StreamStarted()
    if event.news.row is None:
        return "gone", StreamGone(kind=event.news.part.kind, id=event.news.part.id)
    name, data_of = _TOLD[type(event.news.row)]
    return name, data_of(event.news.row)
