"""Language models, as services see them."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from backend.core.config import ModelProvider
from backend.models.assistant.chat_messages import MessageRole
from backend.models.assistant.incomplete import IncompleteReason
from backend.models.assistant.message_parts import (
    CallOutcome,
    MessagePart,
    ToolCallPart,
    ToolResultPart,
)
from backend.models.assistant.model_usage import Usage


@dataclass(frozen=True)
class ModelChoice:
    """The model and its parameters. None: the provider's default."""

    provider: ModelProvider
    model: str
    temperature: float | None = None
    max_output_tokens: int | None = None


@dataclass(frozen=True)
class ToolOutcome:
    """The result of a tool for the model; `result` is a JSON value.

    Attributes:
        is_temporary: it was refused, as something that the tool needs does not answer now.
    """

    outcome: CallOutcome
    result: Any
    is_temporary: bool = False


@dataclass(frozen=True)
class OfferedTool:
    """A tool that the model may call. `parameters` is a JSON schema.

    `call` takes whatever the model sends. What it raises ends the answer.

    Attributes:
        is_reading: it changes nothing.
    """

    name: str
    description: str
    parameters: dict[str, Any]
    call: Callable[[dict[str, Any]], Awaitable[ToolOutcome]]
    is_reading: bool = False


class Turn(NamedTuple):
    """An earlier message of the conversation."""

    role: MessageRole
    parts: Sequence[MessagePart]


@dataclass(frozen=True)
class Limits:
    """Limits of one answer. `cost` is in US dollars."""

    model_calls: int
    tokens: int
    seconds: float
    cost: Decimal


@dataclass(frozen=True)
class Question:
    """
    Attributes:
        output_schema: requests JSON of this schema instead of text.
        before_step: called before each call of the model. What it raises ends the answer.
    """

    model: ModelChoice
    instructions: str
    text: str
    limits: Limits
    history: Sequence[Turn] = ()
    tools: Sequence[OfferedTool] = ()
    output_schema: dict[str, Any] | None = None
    before_step: Callable[[], Awaitable[object]] | None = None


@dataclass(frozen=True)
class TextDelta:
    """The next piece of the text."""

    text: str


@dataclass(frozen=True)
class TextWithdrawn:
    """The text since the last tool call, or since the beginning, was a thought: discard it."""


@dataclass(frozen=True)
class Answered:
    """The end of an answer.

    Attributes:
        output: the JSON requested by a schema.
        incomplete_reason: why it ended early.
    """

    output: dict[str, Any] | None
    incomplete_reason: IncompleteReason | None = None


AnswerEvent = TextDelta | TextWithdrawn | ToolCallPart | ToolResultPart | Answered


class LanguageModels(Protocol):
    def answer(self, question: Question, usage: Usage) -> AsyncGenerator[AnswerEvent, None]:
        """Yield the answer as it is written, calling tools in between; ends with `Answered`.

        `usage` is counted meanwhile, and is correct after an error too.

        Raises:
            ModelFailedError: it refused, or its answer can't be used.
            ModelUnavailableError: it is not configured, or does not answer.
            ModelTimeoutError: it is too slow.
            LimitReachedError: the answer would go beyond its limits.
        """
        ...
