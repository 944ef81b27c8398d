"""Converts tools for pydantic-ai."""

from dataclasses import dataclass
from typing import Any

from pydantic_ai import Tool, ToolFailed, ToolReturn
from pydantic_core import SchemaValidator, core_schema

from backend.models.assistant.message_parts import CallOutcome
from backend.services.assistant.language_models import OfferedTool

# A model may send any JSON; the tool validates the object itself.
_ANY_OBJECT = SchemaValidator(core_schema.dict_schema(core_schema.str_schema()))


@dataclass(frozen=True)
class ModelCall:
    """What pydantic-ai calls, with whatever the model has sent."""

    offered: OfferedTool

    async def __call__(self, /, **arguments: Any) -> ToolReturn[Any]:
        # An argument may be called `self`, too.
        done = await self.offered.call(arguments)
        if done.outcome is CallOutcome.REFUSED:
            raise ToolFailed(str(done.result))
        return ToolReturn(done.result, metadata=done.outcome)


def tool_of(offered: OfferedTool) -> Tool[object]:
    tool: Tool[object] = Tool.from_schema(
        ModelCall(offered), offered.name, offered.description, offered.parameters, takes_ctx=False
    )
    tool.function_schema.validator = _ANY_OBJECT
    return tool
