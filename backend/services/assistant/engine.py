"""Lets a language model answer a person, with tools and within limits."""

import json
import time
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from backend.core.errors import DomainError
from backend.core.permissions import AsOfNow, Permission, Principal
from backend.core.storable import storable, storable_json
from backend.models.assistant.incomplete import IncompleteReason
from backend.models.assistant.message_parts import (
    MessagePart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    text_of,
)
from backend.models.assistant.model_usage import Usage
from backend.models.assistant.usage_records import UsageRecord
from backend.repositories.assistant.unit import AssistantUnit, AssistantUnits
from backend.services.assistant.budget import AssistantBudget, limits_of
from backend.services.assistant.language_models import (
    Answered,
    AnswerEvent,
    LanguageModels,
    Question,
    TextDelta,
    TextWithdrawn,
    Turn,
)
from backend.services.assistant.model_choice import ChosenModel
from backend.services.assistant.toolbox import Toolbox
from backend.services.assistant.tools.base import CallScope
from backend.services.identity.rights import PresentRights
from backend.services.platform.completion import completed

_SECONDS_BETWEEN_LOOKS = 1.0


@dataclass(frozen=True)
class AssistantBrief:
    """A question to the assistant.

    Attributes:
        tools: the names of the tools it may use; None: all that the person may use.
        output_schema: requests an answer in JSON instead of text.
    """

    text: str
    instructions: str
    model: ChosenModel
    scope: CallScope
    tools: Collection[str] | None = None
    output_schema: dict[str, Any] | None = None
    history: Sequence[Turn] = ()


@dataclass
class AssistantAnswer:
    """An answer in progress.

    Attributes:
        incomplete_reason: why it ended early.
    """

    output: dict[str, Any] | None = None
    incomplete_reason: IncompleteReason | None = None
    usage: Usage = field(default_factory=Usage)
    _parts: list[MessagePart] = field(default_factory=list)
    # The pieces of the current text: joining them each time would take quadratic time.
    _pieces: list[str] = field(default_factory=list)

    @property
    def parts(self) -> list[MessagePart]:
        if self._pieces:
            text = "".join(self._pieces)
            self._pieces = []
            last = self._parts[-1] if self._parts else None
            if isinstance(last, TextPart):
                last.text += text
            else:
                self._parts.append(TextPart(text=text))
        return self._parts

    @property
    def text(self) -> str:
        return text_of(self.parts)

    def take(self, event: AnswerEvent) -> AnswerEvent:
        """Returns the event in a form that can be stored and sent."""
        match event:
            case TextDelta(text):
                event = TextDelta(storable(text))
                self._pieces.append(event.text)
            case TextWithdrawn():
                self._withdraw_text()
            case ToolCallPart():
                arguments = storable_json(event.arguments)
                event = event.model_copy(update={"arguments": arguments})
                self.parts.append(event)
            case ToolResultPart():
                event = event.model_copy(update={"result": storable_json(event.result)})
                self.parts.append(event)
            case Answered(output, reason):
                self.incomplete_reason = reason
                if output is not None:
                    self.output = storable_json(output)
                    self._pieces.append(json.dumps(self.output, ensure_ascii=False))
        return event

    def _withdraw_text(self) -> None:
        if isinstance(self.parts[-1] if self.parts else None, TextPart):
            self.parts.pop()


class _Watch:
    """Checks a person's rights during an answer, at most once a second."""

    def __init__(self, look: AsOfNow) -> None:
        self._look = look
        self._looked_at = time.monotonic()

    async def look(self) -> None:
        if time.monotonic() - self._looked_at >= _SECONDS_BETWEEN_LOOKS:
            self._looked_at = time.monotonic()
            await self._look()


class AssistantEngine:
    """Records the usage, even if the answer is broken off."""

    def __init__(
        self,
        uow: AssistantUnits,
        models: LanguageModels,
        toolbox: Toolbox,
        budget: AssistantBudget,
        rights: PresentRights,
    ) -> None:
        self._uow = uow
        self._models = models
        self._toolbox = toolbox
        self._budget = budget
        self._rights = rights

    async def run(self, task: AssistantBrief, by: Principal) -> AssistantAnswer:
        """Return the whole answer. Raises as `stream` does, or LimitReachedError."""
        async with self._uow(by) as uow:
            run = await self.hold(uow, task, by)
            await uow.commit()
        answer = AssistantAnswer()
        async with aclosing(self.stream(run, task, answer, by)) as events:
            async for _ in events:
                pass
        return answer

    async def hold(self, uow: AssistantUnit, task: AssistantBrief, by: Principal) -> UsageRecord:
        """Reserve what the answer may use.

        Raises:
            LimitReachedError: the person has used all of the day.
        """
        return await self._budget.hold(uow, task.model, by)

    async def stream(
        self, run: UsageRecord, task: AssistantBrief, answer: AssistantAnswer, by: Principal
    ) -> AsyncGenerator[AnswerEvent, None]:
        """Yield the events and collect them in `answer`. Completes the usage record.

        Raises:
            DomainError: as `LanguageModels.answer` does, or `PresentRights.require` as soon as the
                person may not use the assistant any more.
        """
        error: str | None = "It was interrupted."
        look = self._rights.as_of_now(by, Permission.ASSISTANT_USE)
        watch = _Watch(look)
        try:
            question = Question(
                task.model.choice,
                task.instructions,
                task.text,
                limits_of(run),
                task.history,
                await self._toolbox.offered(by, task.scope, task.tools),
                task.output_schema,
                look,
            )
            async with aclosing(self._models.answer(question, answer.usage)) as events:
                async for event in events:
                    await watch.look()
                    yield answer.take(event)
            error = None
        except DomainError as failure:
            error = failure.detail
            raise
        finally:
            await completed(self._finish(run, answer.usage, error, by))

    async def _finish(
        self, run: UsageRecord, usage: Usage, error: str | None, by: Principal
    ) -> None:
        async with self._uow(by) as uow:
            kept = await uow.usage_records.get(run.id, for_update=True)
            kept.finish(usage, error)
            await uow.usage_records.save(kept)
            await uow.commit()
