"""What happens while a model answers, in the words of our services."""

from typing import Any

from pydantic_ai import (
    AgentRunResultEvent,
    FunctionToolCallEvent,
    FunctionToolResultEvent,
    PartDeltaEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
    ToolReturnPart,
)
from pydantic_ai.exceptions import ContentFilterError

from backend.models.message_parts import CallOutcome, ToolCallPart, ToolResultPart
from backend.services.language_models import Answered, AnswerEvent, TextDelta


def told(event: Any) -> AnswerEvent | None:
    """None if it is of no interest. Raises ContentFilterError."""
    match event:
        case PartStartEvent(part=TextPart(content=text)) if text:
            return TextDelta(text)
        case PartDeltaEvent(delta=TextPartDelta(content_delta=text)) if text:
            return TextDelta(text)
        case FunctionToolCallEvent(part=call):
            arguments = call.args_as_dict(raise_if_invalid=False)
            return ToolCallPart(call_id=call.tool_call_id, tool=call.tool_name, arguments=arguments)
        case FunctionToolResultEvent(part=ToolReturnPart() as part):
            return _result(part)
        case AgentRunResultEvent(result=result):
            if result.response.finish_reason == "content_filter":
                # pydantic-ai takes half a sentence for an answer.
                raise ContentFilterError("The provider's filter broke the answer off.")
            output = result.output
            return Answered(dict(output) if isinstance(output, dict) else None)
    return None


def _result(part: ToolReturnPart[Any]) -> ToolResultPart:
    done = part.metadata if isinstance(part.metadata, CallOutcome) else CallOutcome.DONE
    return ToolResultPart(
        call_id=part.tool_call_id,
        tool=part.tool_name,
        outcome=done if part.outcome == "success" else CallOutcome.REFUSED,
        result=part.content,
    )
