"""The parts of an answer: texts, tool calls and their results."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from pydantic.config import JsonDict
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator


class CallOutcome(StrEnum):
    """The outcome of a tool call."""

    DONE = "done"
    TO_CONFIRM = "to_confirm"
    REFUSED = "refused"


class _Part(BaseModel):
    model_config = ConfigDict(json_schema_serialization_defaults_required=True)


def _example(value: JsonDict) -> ConfigDict:
    return ConfigDict(**_Part.model_config, json_schema_extra={"examples": [value]})


class TextPart(_Part):
    kind: Literal["text"] = "text"
    text: str


class ToolCallPart(_Part):
    model_config = _example(
        {
            "kind": "tool_call",
            "call_id": "call_1",
            "tool": "create_task",
            "arguments": {"title": "Call Grace Hopper"},
        }
    )

    kind: Literal["tool_call"] = "tool_call"
    call_id: str
    tool: str
    arguments: dict[str, Any]


class ToolResultPart(_Part):
    model_config = _example(
        {
            "kind": "tool_result",
            "call_id": "call_1",
            "tool": "create_task",
            "outcome": "done",
            "result": {"id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e05"},
        }
    )

    kind: Literal["tool_result"] = "tool_result"
    call_id: str
    tool: str
    outcome: CallOutcome = Field(
        description="`to_confirm`: nothing was done yet; `result` names the action to confirm."
    )
    result: Any = Field(description="As the model received it.")


MessagePart = Annotated[TextPart | ToolCallPart | ToolResultPart, Field(discriminator="kind")]

_PARTS: TypeAdapter[list[MessagePart]] = TypeAdapter(list[MessagePart])


class _Parts(TypeDecorator[list[MessagePart]]):
    """Parts as a JSON array. Assign a new list: in-place changes are not detected."""

    impl = JSONB
    cache_ok = True

    def process_bind_param(self, value: list[MessagePart] | None, dialect: Any) -> Any:
        return _PARTS.dump_python(value or [], mode="json")

    def process_result_value(self, value: Any, dialect: Any) -> list[MessagePart]:
        return _PARTS.validate_python(value or [])


PARTS = _Parts()
"""The column."""


def text_of(parts: list[MessagePart]) -> str:
    """Return the text shown to people."""
    return "\n\n".join(part.text for part in parts if isinstance(part, TextPart))
