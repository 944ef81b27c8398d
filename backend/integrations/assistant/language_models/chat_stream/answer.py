"""A streamed response for pydantic-ai."""

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime

from pydantic_ai.messages import (
    FinishReason,
    ModelResponseStreamEvent,
    TextPart,
)
from pydantic_ai.models import StreamedResponse
from pydantic_ai.usage import RequestUsage

from backend.integrations.assistant.language_models.chat_stream.calls import Call
from backend.integrations.assistant.language_models.chat_stream.endings import Ending
from backend.integrations.assistant.language_models.chat_stream.stream import (
    CallBegun,
    Called,
    ChatStream,
    Piece,
)
from backend.integrations.assistant.language_models.chat_stream.thoughts import (
    Said,
    Thought,
    Withdrawn,
)
from backend.models.platform.mixins import now

WITHDRAWN = {"withdrawn": True}
"""Marks a text that replaces an earlier one."""
ENDING = "ending"
"""Key in the details of a response: how it ended."""
ESTIMATED = "estimated"
"""Key: whether its usage is estimated."""

_TEXT = "text"
_FINISH_REASONS: dict[Ending, FinishReason] = {
    Ending.COMPLETE: "stop",
    Ending.LENGTH: "length",
    Ending.FILTERED: "content_filter",
}


@dataclass
class ChatAnswer(StreamedResponse):
    """
    Attributes:
        stream: where it is read from.
    """

    stream: ChatStream
    provider: str
    url: str
    begun_at: datetime = field(default_factory=now)

    async def _get_event_iterator(self) -> AsyncIterator[ModelResponseStreamEvent]:
        async with aclosing(self.stream.pieces()) as pieces:
            async for piece in pieces:
                for event in self._events(piece):
                    yield event
        ending = self.stream.ending or Ending.COMPLETE
        self.finish_reason = _FINISH_REASONS.get(ending)
        self.provider_details = {ENDING: ending, ESTIMATED: self.stream.is_estimated}
        if self.stream.refusal:
            self.provider_details["refusal"] = self.stream.refusal

    def _events(self, piece: Piece) -> Iterator[ModelResponseStreamEvent]:
        parts = self._parts_manager
        match piece:
            case Said(text):
                yield from parts.handle_text_delta(vendor_part_id=_TEXT, content=text)
            case Thought(text, place):
                # In a later step it is sent back as received: in its field, or between tags.
                yield from parts.handle_thinking_delta(
                    vendor_part_id=place, id=place, content=text, provider_name=self.provider_name
                )
            case Withdrawn():
                nothing = TextPart("", provider_details=dict(WITHDRAWN))
                yield parts.handle_part(vendor_part_id=_TEXT, part=nothing)
            case CallBegun(call):
                yield from parts.handle_tool_call_delta_events(
                    vendor_part_id=call.call_id, tool_name=call.tool, tool_call_id=call.call_id
                )
            case Called(call):
                yield self._called(call)

    def _called(self, call: Call) -> ModelResponseStreamEvent:
        details = {"extra_content": call.extra} if call.extra else None
        return self._parts_manager.handle_tool_call_part(
            vendor_part_id=call.call_id,
            tool_name=call.tool,
            args=call.arguments,
            tool_call_id=call.call_id,
            provider_name=self.provider_name if details else None,
            provider_details=details,
        )

    async def close_stream(self) -> None:
        await self.stream.response.aclose()

    @property
    def usage(self) -> RequestUsage:
        return self.stream.usage

    @property
    def model_name(self) -> str:
        return self.stream.model

    @property
    def provider_name(self) -> str:
        return self.provider

    @property
    def provider_url(self) -> str:
        return self.url

    @property
    def timestamp(self) -> datetime:
        return self.begun_at
