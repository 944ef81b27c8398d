"""The events of a streamed answer, besides its parts."""

from collections.abc import Mapping
from uuid import UUID

from pydantic import BaseModel

from backend.models.assistant.chat_messages import ChatMessagePublic
from backend.models.assistant.message_parts import ToolCallPart, ToolResultPart
from backend.models.platform.base import Output, example


class ReplyStarted(Output):
    """The event `start`."""

    model_config = example(
        {
            "chat_id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e22",
            "message_id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e23",
        },
        base=Output,
    )

    chat_id: UUID
    message_id: UUID


class ReplyText(Output):
    """The event `text`: the next piece of the text."""

    model_config = example({"text": "I have created the task."}, base=Output)

    text: str


class ReplyWithdrawn(Output):
    """The event `text_withdrawn`.

    The text since the last `tool_result`, or since the beginning, was a thought of the model:
    discard it.
    """

    model_config = example({}, base=Output)


REPLY_EVENTS: Mapping[str, type[BaseModel]] = {
    "start": ReplyStarted,
    "tool_call": ToolCallPart,
    "tool_result": ToolResultPart,
    "text": ReplyText,
    "text_withdrawn": ReplyWithdrawn,
    "done": ChatMessagePublic,
}
"""The data of each event. `error`, which replaces `done`, is a problem."""
