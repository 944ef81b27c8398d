"""The messages of a chat."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query, Request, Response, status

from backend.api.deps import may, own_with
from backend.api.domain_problems import problem_of_error
from backend.api.etags import CachedTagDep, TagDep
from backend.api.event_streams import MEDIA_TYPE, Events, WantsEvents, event_stream
from backend.api.idempotency import IdempotencyKeyDep, IdempotentRoute, KeptAnswer, mark_replayed
from backend.api.injection import Injected
from backend.api.openapi_streams import content_of_stream
from backend.api.problems import (
    CONFLICT,
    LIMIT_REACHED,
    MODEL_FAILED,
    MODEL_TIMEOUT,
    MODEL_UNAVAILABLE,
    Problem,
    declare,
)
from backend.api.routes import ResourceRouter
from backend.core.permissions import Permission, Principal
from backend.models.assistant.chat_messages import (
    ChatMessage,
    ChatMessagePublic,
    ChatMessageQuery,
    MessageCreate,
    MessageFeedback,
)
from backend.models.assistant.stream_events import (
    REPLY_EVENTS,
    ReplyStarted,
    ReplyText,
    ReplyWithdrawn,
)
from backend.models.platform.idempotency import Outcome, Replayed
from backend.models.platform.paging import Page
from backend.services.assistant.chat_messages import ChatMessageService
from backend.services.assistant.language_models import Answered, TextDelta, TextWithdrawn
from backend.services.assistant.live_answers import LiveAnswer

router = ResourceRouter(
    prefix="/chats/{chat_id}/messages", tags=["chats"], route_class=IdempotentRoute
)

ChatId = Annotated[UUID, Path(examples=["01976d5e-8f60-7c3a-9b52-5d1f0a6c7e22"])]
MessageId = Annotated[UUID, Path(examples=["01976d5e-8f60-7c3a-9b52-5d1f0a6c7e23"])]
MayAsk = Annotated[Principal, may(Permission.ASSISTANT_USE)]
Owner = Annotated[Principal, own_with(Permission.ASSISTANT_USE)]

_ANSWERS: dict[int | str, dict[str, Any]] = {
    201: {
        "description": "The answer; with `Accept: text/event-stream`, the answer as it is written.",
        "content": {MEDIA_TYPE: content_of_stream({**REPLY_EVENTS, "error": Problem})},
    },
    **declare(CONFLICT, LIMIT_REACHED, MODEL_FAILED, MODEL_UNAVAILABLE, MODEL_TIMEOUT),
}


@router.get("", response_model=Page[ChatMessagePublic])
async def list_chat_messages(
    chat_id: ChatId,
    query: Annotated[ChatMessageQuery, Query()],
    by: Owner,
    messages: Injected[ChatMessageService],
) -> Page[ChatMessage]:
    """The messages of one of your chats, the oldest first."""
    return await messages.page(chat_id, query, by)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=ChatMessagePublic,
    responses=_ANSWERS,
)
async def send_chat_message(
    request: Request,
    chat_id: ChatId,
    data: MessageCreate,
    by: MayAsk,
    messages: Injected[ChatMessageService],
    tag: TagDep,
    key: IdempotencyKeyDep,
    as_events: WantsEvents,
) -> ChatMessage | Response:
    """Send a message, and get the answer: whole, or as it is written.

    With `Accept: text/event-stream` the events are `start` (the ids), `text` (the next piece),
    `tool_call`, `tool_result`, and at the end `done` (the message) or `error` (a problem). Rarely
    there is `text_withdrawn`: the text since the last `tool_result`, or since the beginning, was a
    thought of the model and not part of the answer. What you say and what the assistant answers are
    kept, even if you go away meanwhile. An `incomplete` message ended early; `incomplete_reason`
    says why.
    """
    outcome = await messages.send(chat_id, data.text, by, key)
    return await _answer(request, outcome, tag, as_events=as_events)


@router.get("/{message_id}", response_model=ChatMessagePublic)
async def read_chat_message(
    chat_id: ChatId,
    message_id: MessageId,
    by: Owner,
    messages: Injected[ChatMessageService],
    tag: CachedTagDep,
) -> ChatMessage:
    """One message. While it is `running`, it is still being written."""
    return tag(await messages.read(chat_id, message_id, by))


@router.post(
    "/{message_id}/regenerate",
    status_code=status.HTTP_201_CREATED,
    response_model=ChatMessagePublic,
    responses=_ANSWERS,
)
async def regenerate_chat_message(
    request: Request,
    chat_id: ChatId,
    message_id: MessageId,
    by: MayAsk,
    messages: Injected[ChatMessageService],
    tag: TagDep,
    key: IdempotencyKeyDep,
    as_events: WantsEvents,
) -> ChatMessage | Response:
    """Generate the last answer of a chat again. What its tools did is not undone.

    It responds as `POST /chats/{chat_id}/messages` does; the old answer is kept, marked as
    replaced.
    """
    outcome = await messages.regenerate(chat_id, message_id, by, key)
    return await _answer(request, outcome, tag, as_events=as_events)


@router.put("/{message_id}/feedback", response_model=ChatMessagePublic, responses=declare(CONFLICT))
async def rate_chat_message(
    chat_id: ChatId,
    message_id: MessageId,
    data: MessageFeedback,
    by: Owner,
    messages: Injected[ChatMessageService],
    tag: TagDep,
) -> ChatMessage:
    """Rate an answer. Your last rating counts."""
    return tag(await messages.rate(chat_id, message_id, data, by))


async def _answer(
    request: Request, outcome: Outcome[LiveAnswer], tag: TagDep, *, as_events: bool
) -> ChatMessage | Response:
    reply = tag.unless_answered(outcome)
    if isinstance(reply, KeptAnswer):
        return reply
    if as_events:
        stream = event_stream(_events_of(request, reply))
        if isinstance(outcome, Replayed):
            mark_replayed(stream)
        return stream
    message = await reply.whole()
    return tag.created(f"chats/{message.chat_id}/messages", message)


async def _events_of(request: Request, reply: LiveAnswer) -> Events:
    yield "start", ReplyStarted(chat_id=reply.message.chat_id, message_id=reply.message.id)
    async for event in reply.events():
        match event:
            case TextDelta(text):
                yield "text", ReplyText(text=text)
            case TextWithdrawn():
                yield "text_withdrawn", ReplyWithdrawn()
            case Answered():
                pass
            case part:
                yield part.kind, part
    try:
        message = await reply.whole()
    except Exception as error:  # noqa: BLE001  # told to the caller, and logged where it happened
        yield "error", problem_of_error(request, error)
    else:
        yield "done", ChatMessagePublic.model_validate(message, from_attributes=True)
