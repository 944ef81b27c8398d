"""The messages of a chat: a person's, and the assistant's answers."""

from dataclasses import dataclass
from uuid import UUID

from backend.core.errors import ConflictError, NotFoundError, StillRunningError
from backend.core.permissions import Principal
from backend.core.scopes import SYSTEM
from backend.models.assistant.chat_messages import (
    ChatMessage,
    ChatMessageQuery,
    MessageFeedback,
    MessageRole,
    message_of_person,
)
from backend.models.assistant.chats import Chat
from backend.models.platform.idempotency import (
    Answered,
    Fresh,
    IdempotencyKey,
    Outcome,
    Replay,
    Replayed,
)
from backend.models.platform.mixins import new_id
from backend.models.platform.paging import Page
from backend.repositories.assistant.unit import AssistantReading, AssistantUnit, AssistantUnits
from backend.services.assistant.answer_writer import AnswerWriter
from backend.services.assistant.briefs import AnswerOptions
from backend.services.assistant.live_answers import INTERRUPTED, LiveAnswer
from backend.services.platform.ownership import own

_AT_ONCE = 100
_AS_THE_CHAT_SAYS = AnswerOptions()


class ChatMessageService:
    """One answer at a time in each chat. Other people's chats are not found."""

    def __init__(self, uow: AssistantUnits, writer: AnswerWriter) -> None:
        self._uow = uow
        self._writer = writer

    async def send(
        self,
        chat_id: UUID,
        text: str,
        by: Principal,
        key: IdempotencyKey | None = None,
        options: AnswerOptions = _AS_THE_CHAT_SAYS,
    ) -> Outcome[LiveAnswer]:
        """Store the person's message, and begin the answer.

        A retry with the same key gets the same answer, or another attempt if it failed.

        Raises:
            NotFoundError: the person has no such chat.
            ConflictError: the previous answer is still being written.
            InvalidInputError: the options name what does not exist.
            LimitReachedError: the person has reached a limit of the day.
        """
        return await self._answer(chat_id, _Say(text), by, key, options)

    async def regenerate(
        self,
        chat_id: UUID,
        message_id: UUID,
        by: Principal,
        key: IdempotencyKey | None = None,
    ) -> Outcome[LiveAnswer]:
        """Generate the last answer again. What tools did is not undone.

        Raises:
            NotFoundError: the person has no such chat, or there is no such message in it.
            ConflictError: it is not the last answer, or is still being written.
            LimitReachedError: the person has reached a limit of the day.
        """
        return await self._answer(chat_id, _Regenerate(message_id), by, key, _AS_THE_CHAT_SAYS)

    async def page(
        self, chat_id: UUID, query: ChatMessageQuery, by: Principal
    ) -> Page[ChatMessage]:
        """Raises NotFoundError or InvalidCursorError."""
        async with self._uow.reading(by) as uow:
            await own(uow.chats, chat_id, by)
            return await uow.chat_messages.page_of(chat_id, query)

    async def read(self, chat_id: UUID, message_id: UUID, by: Principal) -> ChatMessage:
        """Raises NotFoundError."""
        async with self._uow.reading(by) as uow:
            await own(uow.chats, chat_id, by)
            return await _message(uow, chat_id, message_id)

    async def rate(
        self, chat_id: UUID, message_id: UUID, feedback: MessageFeedback, by: Principal
    ) -> ChatMessage:
        """Rate an answer.

        Raises:
            NotFoundError: the person has no such chat, or there is no such message in it.
            ConflictError: it is not an answer, or is still being written.
        """
        async with self._uow(by) as uow:
            await own(uow.chats, chat_id, by, for_update=True)
            message = await _message(uow, chat_id, message_id, for_update=True)
            _check_answer(message)
            message.rating, message.comment = feedback.rating, feedback.comment
            await uow.chat_messages.save(message)
            await uow.commit()
        return message

    async def end_abandoned(self) -> None:
        """For jobs: fail the answers of crashed processes. Their owners can regenerate them."""
        async with self._uow(SYSTEM) as uow:
            for message in await uow.chat_messages.lock_abandoned(_AT_ONCE):
                message.fail(INTERRUPTED)
                await uow.chat_messages.save(message)
            await uow.commit()

    async def _answer(
        self,
        chat_id: UUID,
        asked: "_Say | _Regenerate",
        by: Principal,
        key: IdempotencyKey | None,
        options: AnswerOptions,
    ) -> Outcome[LiveAnswer]:
        """Begin an answer; for a repeated key, continue with its answer."""
        async with self._uow(by) as uow:
            chat = await own(uow.chats, chat_id, by, for_update=True)
            answer_id = new_id()
            claim = await uow.idempotency.claim(key, answer_id) if key else Fresh()
            match claim:
                case Answered():
                    return claim
                case Replay(earlier):
                    answer = await uow.chat_messages.get(earlier)
                    if answer.is_answered:
                        return Replayed(LiveAnswer.of_kept(answer))
                    await _check_again(uow, chat, answer)
                case Fresh():
                    await _check_free(uow, chat)
                    position = await asked.make_room(uow, chat)
                    answer = _message_of_assistant(chat, position, answer_id)
            begun = await self._writer.begin(uow, chat, answer, by, options)
            await uow.commit()
        reply = self._writer.start(begun, by)
        return Replayed(reply) if isinstance(claim, Replay) else reply


@dataclass(frozen=True)
class _Say:
    text: str

    async def make_room(self, uow: AssistantUnit, chat: Chat) -> int:
        """Keep what the person says. Returns the position of the answer."""
        last = await uow.chat_messages.last_position(chat.id)
        await uow.chat_messages.save(message_of_person(chat.id, last + 1, self.text))
        chat.take_title_from(self.text)
        return last + 2


@dataclass(frozen=True)
class _Regenerate:
    message_id: UUID

    async def make_room(self, uow: AssistantUnit, chat: Chat) -> int:
        """Replace the last answer. Returns the position of the new one."""
        await _replace(uow, chat, self.message_id)
        return await uow.chat_messages.last_position(chat.id) + 1


async def _replace(uow: AssistantUnit, chat: Chat, message_id: UUID) -> None:
    replaced = await _message(uow, chat.id, message_id, for_update=True)
    _check_answer(replaced)
    if replaced.model is None:
        raise ConflictError("This message reports an action: no model has written it.")
    newest = await uow.chat_messages.newest(chat.id, 1)
    if newest[-1].id != replaced.id:
        raise ConflictError("Only the last answer of a chat can be generated again.")
    replaced.is_replaced = True
    await uow.chat_messages.save(replaced)


def _message_of_assistant(chat: Chat, position: int, message_id: UUID) -> ChatMessage:
    return ChatMessage(
        id=message_id, chat_id=chat.id, position=position, role=MessageRole.ASSISTANT
    )


async def _message(
    uow: AssistantReading, chat_id: UUID, message_id: UUID, *, for_update: bool = False
) -> ChatMessage:
    message = await uow.chat_messages.get(message_id, for_update=for_update)
    if message.chat_id != chat_id:
        raise NotFoundError.of("message", message_id)
    return message


async def _check_free(uow: AssistantUnit, chat: Chat) -> None:
    for message in await uow.chat_messages.being_written(chat.id):
        if message.is_at_work:
            raise _being_written()
        message.fail(INTERRUPTED)
        await uow.chat_messages.save(message)


async def _check_again(uow: AssistantUnit, chat: Chat, answer: ChatMessage) -> None:
    """Whether a failed answer may have another attempt."""
    if answer.is_at_work:
        raise StillRunningError("The same message is being answered; wait a moment.")
    if answer.is_replaced:
        raise ConflictError("The answer to this message was generated again: read the chat.")
    await _check_free(uow, chat)


def _check_answer(message: ChatMessage) -> None:
    if message.role is not MessageRole.ASSISTANT:
        raise ConflictError("This message is your own: only answers can be rated or regenerated.")
    if message.is_at_work:
        raise _being_written()


def _being_written() -> ConflictError:
    return ConflictError("The assistant is still answering in this chat: wait until it is done.")
