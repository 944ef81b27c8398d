"""Converts pydantic-ai's events into those of our services."""

from typing import Any

from pydantic_ai import (
    AgentRunResultEvent,
    FunctionToolCallEvent,
    FunctionToolResultEvent,
    ModelResponse,
    PartDeltaEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
    ToolReturnPart,
)

from backend.integrations.assistant.language_models.chat_stream.answer import ENDING, WITHDRAWN
from backend.integrations.assistant.language_models.chat_stream.endings import Ending
from backend.models.assistant.incomplete import IncompleteReason
from backend.models.assistant.message_parts import CallOutcome, ToolCallPart, ToolResultPart
from backend.services.assistant.language_models import (
    Answered,
    AnswerEvent,
    TextDelta,
    TextWithdrawn,
)

_INCOMPLETE = {
    Ending.LENGTH: IncompleteReason.LENGTH,
    Ending.FILTERED: IncompleteReason.CONTENT_FILTER,
    Ending.OTHER: IncompleteReason.OTHER,
}


def told(event: Any) -> AnswerEvent | None:
    """None if it is not relevant."""
    match event:
        case PartStartEvent(part=TextPart(provider_details=details)) if details == WITHDRAWN:
            return TextWithdrawn()
        case PartStartEvent(part=TextPart(content=text)) | PartDeltaEvent(
            delta=TextPartDelta(content_delta=text)
        ) if text:
            return TextDelta(text)
        case FunctionToolCallEvent(part=call):
            arguments = call.args_as_dict(raise_if_invalid=False)
            return ToolCallPart(call_id=call.tool_call_id, tool=call.tool_name, arguments=arguments)
        case FunctionToolResultEvent(part=ToolReturnPart() as part):
            return _result(part)
        case AgentRunResultEvent(result=result):
            output = result.output
            return Answered(
                dict(output) if isinstance(output, dict) else None, _incomplete(result.response)
            )
    return None


def _incomplete(response: ModelResponse) -> IncompleteReason | None:
    """Return why the answer is incomplete."""
    ending = (response.provider_details or {}).get(ENDING)
    return _INCOMPLETE.get(ending) if ending else None


def _result(part: ToolReturnPart[Any]) -> ToolResultPart:
    done = part.metadata if isinstance(part.metadata, CallOutcome) else CallOutcome.DONE
    return ToolResultPart(
        call_id=part.tool_call_id,
        tool=part.tool_name,
        outcome=done if part.outcome == "success" else CallOutcome.REFUSED,
        result=part.content,
    )
