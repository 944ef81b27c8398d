"""Writes the answers of a chat, whether or not a client is waiting."""

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from backend.core.errors import DomainError, NotFoundError
from backend.core.permissions import Principal
from backend.models.assistant.chat_messages import ChatMessage, MessageRole
from backend.models.assistant.chats import Chat
from backend.models.assistant.usage_records import UsageRecord
from backend.models.platform.mixins import now
from backend.repositories.assistant.unit import AssistantUnit, AssistantUnits
from backend.services.assistant.briefs import AnswerOptions, AssistantBriefs
from backend.services.assistant.chat_titles import ChatTitles
from backend.services.assistant.engine import AssistantAnswer, AssistantBrief, AssistantEngine
from backend.services.assistant.language_models import Turn
from backend.services.assistant.live_answers import INTERRUPTED, LiveAnswer, LiveAnswers
from backend.services.assistant.tools.base import CallScope
from backend.services.platform.completion import completed


@dataclass(frozen=True)
class PendingAnswer:
    """An answer with its stored message and its reserved limits."""

    chat: Chat
    message: ChatMessage
    run: UsageRecord
    task: AssistantBrief


class AnswerWriter:
    def __init__(
        self,
        uow: AssistantUnits,
        runner: AssistantEngine,
        tasks: AssistantBriefs,
        titles: ChatTitles,
        replies: LiveAnswers,
        history: int,
    ) -> None:
        """`history` is how many earlier messages the model is given."""
        self._uow = uow
        self._runner = runner
        self._tasks = tasks
        self._titles = titles
        self._history = history
        self._replies = replies

    async def close(self) -> None:
        """Interrupt the running answers. Their owners can regenerate them."""
        await self._replies.close()

    async def begin(
        self,
        uow: AssistantUnit,
        chat: Chat,
        message: ChatMessage,
        by: Principal,
        options: AnswerOptions,
    ) -> PendingAnswer:
        """Prepare `message` as the answer to the person's last message before it.

        Raises:
            InvalidInputError: the options name what does not exist.
            LimitReachedError: the person has reached a limit of the day.
        """
        said = await uow.chat_messages.newest(chat.id, self._history + 1, message.position)
        question, history = _split(said)
        asked = _as_the_chat_says(options, chat)
        scope = CallScope(message.id, chat.id)
        task = await self._tasks.prepare(uow, question, scope, by, asked, history)
        run = await self._runner.hold(uow, task, by)
        message.begin(run.model, run.deadline_at)
        chat.last_message_at = now()
        await uow.chat_messages.save(message)
        await uow.chats.save(chat)
        return PendingAnswer(chat, message, run, task)

    def start(self, begun: PendingAnswer, by: Principal) -> LiveAnswer:
        """Start writing the answer, whose message has been committed."""
        reply = LiveAnswer(begun.message)
        reply.write(self._replies.start(self._write(begun, reply, by)))
        return reply

    async def _write(self, begun: PendingAnswer, reply: LiveAnswer, by: Principal) -> ChatMessage:
        answer = AssistantAnswer()
        error: str | None = INTERRUPTED
        try:
            events = self._runner.stream(begun.run, begun.task, answer, by)
            async with aclosing(events):
                async for event in events:
                    reply.put(event)
            error = None
        except DomainError as failure:
            error = failure.detail
            raise
        finally:
            message = await completed(self._keep(begun.message, answer, error, by))
        if self._titles.is_wanted(begun.chat, begun.task):
            self._replies.start(self._titles.give(begun.chat.id, begun.task, answer, by))
        return message

    async def _keep(
        self, begun: ChatMessage, answer: AssistantAnswer, error: str | None, by: Principal
    ) -> ChatMessage:
        async with self._uow(by) as uow:
            # As always before its messages: otherwise two could wait for each other.
            await uow.chats.find_many([begun.chat_id], for_update=True)
            found = await uow.chat_messages.find_many([begun.id], for_update=True)
            if not found:
                raise NotFoundError(
                    "The chat was deleted meanwhile. What the assistant did is not undone."
                )
            message = found[0]
            message.finish(
                answer.parts, answer.output, answer.usage, error, answer.incomplete_reason
            )
            await uow.chat_messages.save(message)
            await uow.commit()
        return message


def _as_the_chat_says(options: AnswerOptions, chat: Chat) -> AnswerOptions:
    """The options of a chat, unless a request overrides them."""
    return replace(
        options,
        model_config_id=options.model_config_id or chat.model_config_id,
        module_id=options.module_id or chat.module_id,
        prompt=options.prompt or chat.prompt,
    )


def _split(messages: Sequence[ChatMessage]) -> tuple[str, list[Turn]]:
    """Return the person's last message and the messages before it."""
    before = list(messages)
    while before[-1].role is not MessageRole.USER:
        before.pop()
    return before[-1].text, [Turn(each.role, each.parts) for each in before[:-1]]
