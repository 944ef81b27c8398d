"""What the events of an answer tell that comes as a stream, besides its parts."""

from uuid import UUID

from backend.models.base import Output


class ReplyStarted(Output):
    """The event `start`."""

    chat_id: UUID
    message_id: UUID


class ReplyText(Output):
    """The event `text`: the next piece of it."""

    text: str


class ReplyWithdrawn(Output):
    """The event `text_withdrawn`.

    The text since the last `tool_result`, or the beginning, was a thought of the model: forget it.
    """
