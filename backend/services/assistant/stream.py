"""Streams the messages of chats, at each of their changes."""

from collections.abc import Mapping, Sequence
from functools import partial
from uuid import UUID

from backend.core.permissions import Principal
from backend.models.assistant.chat_messages import ChatMessage
from backend.repositories.assistant.unit import AssistantUnits
from backend.repositories.platform.unit import Channel
from backend.services.platform.live_streams import Part
from backend.services.platform.ownership import own_many

_AT_ONCE = 20
"""Few, as messages may be long."""


class ChatWatch:
    """A chat is a part of a stream; its positions are the changes of its messages."""

    def __init__(self, uow: AssistantUnits) -> None:
        self._uow = uow

    async def parts(
        self, ids: Sequence[UUID], after: Mapping[UUID, int], by: Principal
    ) -> list[Part[ChatMessage]]:
        """Return a part for each of the caller's chats.

        Raises:
            NotFoundError: one of them is not the caller's.
        """
        if not ids:
            return []
        async with self._uow.reading(by) as uow:
            chats = await own_many(uow.chats, ids, by)
            last = await uow.chat_messages.last_changes(ids)
        return [
            self._part(chat.id, min(after.get(chat.id, newest), newest), by)
            for chat in chats
            for newest in [last.get(chat.id, 0)]
        ]

    def _part(self, chat_id: UUID, change: int, by: Principal) -> Part[ChatMessage]:
        newer = partial(self._newer, chat_id, by)
        return Part(Channel.CHATS, "chat", chat_id, change, newer, _AT_ONCE)

    async def _newer(
        self, chat_id: UUID, by: Principal, change: int
    ) -> list[tuple[int, ChatMessage]] | None:
        async with self._uow.reading(by) as uow:
            changed = await uow.chat_messages.changed_after(chat_id, change, _AT_ONCE)
            if not changed and await uow.chats.find(chat_id) is None:
                return None
        return [(message.change, message) for message in changed]
