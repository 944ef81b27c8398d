from collections.abc import Collection, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from backend.models.assistant.chat_messages import ChatMessage, ChatMessageQuery
from backend.models.platform.paging import Page
from backend.repositories.platform.base import Repository


class ChatMessageRepository(Repository[ChatMessage], Protocol):
    async def page_of(self, chat_id: UUID, query: ChatMessageQuery) -> Page[ChatMessage]:
        """One page of the messages of a chat. Raises InvalidCursorError."""
        ...

    async def newest(
        self, chat_id: UUID, limit: int, before: int | None = None
    ) -> Sequence[ChatMessage]:
        """Return the last messages that were not replaced, the oldest first.

        With `before`, only messages before that position.
        """
        ...

    async def being_written(self, chat_id: UUID) -> Sequence[ChatMessage]:
        """Return the `running` answers, including those whose process has crashed."""
        ...

    async def last_position(self, chat_id: UUID) -> int:
        """Return the highest position; 0 if there is no message."""
        ...

    async def changed_after(self, chat_id: UUID, change: int, limit: int) -> Sequence[ChatMessage]:
        """Return the first messages of a chat that have changed after a change, in order."""
        ...

    async def last_changes(self, chat_ids: Collection[UUID]) -> Mapping[UUID, int]:
        """Return the newest change of the messages of each chat that has any."""
        ...

    async def lock_abandoned(self, limit: int) -> list[ChatMessage]:
        """Return up to `limit` running answers past their deadline, locked with their chats.

        Skips locked rows.
        """
        ...
