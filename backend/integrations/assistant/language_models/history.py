"""Converts a conversation into pydantic-ai's messages."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Literal

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    TextPart as ModelText,
    ToolCallPart as ModelToolCall,
    ToolReturnPart,
    UserPromptPart,
)

from backend.models.assistant.chat_messages import MessageRole
from backend.models.assistant.message_parts import (
    CallOutcome,
    MessagePart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    text_of,
)
from backend.services.assistant.language_models import Turn


def messages_of(history: Sequence[Turn]) -> list[ModelMessage]:
    return [message for turn in history for message in _messages(turn)]


def _messages(turn: Turn) -> Iterator[ModelMessage]:
    if turn.role is MessageRole.USER:
        yield ModelRequest(parts=[UserPromptPart(text_of(list(turn.parts)))])
        return
    # Responses of the model and results of tools alternate.
    for is_answer, parts in groupby(_answered(turn.parts), _is_result):
        if is_answer:
            yield ModelRequest(parts=[_result(part) for part in parts if _is_result(part)])
        else:
            yield ModelResponse(parts=[_said(part) for part in parts if not _is_result(part)])


def _answered(parts: Sequence[MessagePart]) -> list[MessagePart]:
    """Drop interrupted calls: providers refuse calls without a result."""
    results = {part.call_id for part in parts if isinstance(part, ToolResultPart)}
    return [part for part in parts if not isinstance(part, ToolCallPart) or part.call_id in results]


def _is_result(part: MessagePart) -> bool:
    return isinstance(part, ToolResultPart)


def _said(part: MessagePart) -> ModelText | ModelToolCall:
    if isinstance(part, ToolCallPart):
        return ModelToolCall(part.tool, part.arguments, tool_call_id=part.call_id)
    assert isinstance(part, TextPart)  # noqa: S101  # results are in requests
    return ModelText(part.text)


def _result(part: MessagePart) -> ToolReturnPart:
    assert isinstance(part, ToolResultPart)  # noqa: S101  # as it was grouped
    outcome: Literal["failed", "success"] = (
        "failed" if part.outcome is CallOutcome.REFUSED else "success"
    )
    return ToolReturnPart(part.tool, part.result, part.call_id, outcome=outcome)
