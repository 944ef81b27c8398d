"""Converts tools for pydantic-ai."""

from typing import Any

from pydantic_ai import Tool, ToolFailed, ToolReturn
from pydantic_core import SchemaValidator, core_schema

from backend.models.assistant.message_parts import CallOutcome
from backend.services.assistant.language_models import OfferedTool

# A model may send any JSON; the tool validates the object itself.
_ANY_OBJECT = SchemaValidator(core_schema.dict_schema(core_schema.str_schema()))


def tool_of(offered: OfferedTool) -> Tool[object]:
    async def call(**arguments: Any) -> ToolReturn[Any]:
        done = await offered.call(arguments)
        if done.outcome is CallOutcome.REFUSED:
            raise ToolFailed(str(done.result))
        return ToolReturn(done.result, metadata=done.outcome)

    tool: Tool[object] = Tool.from_schema(
        call, offered.name, offered.description, offered.parameters, takes_ctx=False
    )
    tool.function_schema.validator = _ANY_OBJECT
    return tool
