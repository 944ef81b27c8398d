"""The offline model for pydantic-ai."""

import json
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import date

from pydantic_ai import UserError
from pydantic_ai.messages import ModelMessage, ModelRequest, ToolReturnPart, UserPromptPart
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, DeltaToolCalls, FunctionModel

from backend.integrations.assistant.language_models.offline.requests import script_for
from backend.integrations.assistant.language_models.offline.schemas import TooLargeError, value_of
from backend.integrations.assistant.language_models.offline.script import Call, Returned, play

_SIGN = "(offline model) "
_TODAY = re.compile(r"^Today is (\d{4}-\d\d-\d\d)\.$", re.MULTILINE)
_WORDS_ALONE = 4
_WORDS_AT_ONCE = 24
_ANSWERS = ("text", "summary", "answer", "content", "message", "description", "reason")
_HEADINGS = ("title", "name", "subject", "question")


async def _respond(
    messages: list[ModelMessage], info: AgentInfo
) -> AsyncIterator[str | DeltaToolCalls]:
    offered = {tool.name for tool in info.function_tools}
    prompt, returned = _asked(messages, offered)
    step = play(script_for(prompt, _today(info.instructions)), returned, offered)
    if isinstance(step, Call):
        yield {0: DeltaToolCall(step.tool, json.dumps(step.arguments))}
    elif info.output_tools:
        tool = info.output_tools[0]
        texts = dict.fromkeys(_ANSWERS, _SIGN + step) | dict.fromkeys(_HEADINGS, prompt)
        try:
            output = value_of(tool.parameters_json_schema, texts)
        except TooLargeError:
            raise UserError(
                "The schema requires more than the offline model can produce."
            ) from None
        yield {0: DeltaToolCall(tool.name, json.dumps(output))}
    else:
        for piece in _pieces(_SIGN + step):
            yield piece


def _pieces(text: str) -> Iterator[str]:
    """Word by word at first, and then more at once: each piece costs all who pass it on."""
    words = re.findall(r"\S+\s*", text)
    yield from words[:_WORDS_ALONE]
    for begin in range(_WORDS_ALONE, len(words), _WORDS_AT_ONCE):
        yield "".join(words[begin : begin + _WORDS_AT_ONCE])


def _asked(messages: Sequence[ModelMessage], tools: set[str]) -> tuple[str, list[Returned]]:
    """Return the last request, and the results of tools since."""
    prompt = ""
    returned: list[Returned] = []
    for part in (
        part for each in messages if isinstance(each, ModelRequest) for part in each.parts
    ):
        if isinstance(part, UserPromptPart):
            prompt, returned = _text(part), []
        elif isinstance(part, ToolReturnPart) and part.tool_name in tools:
            returned.append(Returned(part.content, failed=part.outcome != "success"))
    return prompt, returned


def _text(part: UserPromptPart) -> str:
    return part.content if isinstance(part.content, str) else ""


def _today(instructions: str | None) -> date | None:
    found = _TODAY.search(instructions or "")
    return date.fromisoformat(found[1]) if found else None


OFFLINE_MODEL = FunctionModel(stream_function=_respond, model_name="offline")
"""Stateless."""
