from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select

from backend.models.assistant.chat_messages import ChatMessage, ChatMessageQuery, MessageStatus
from backend.models.assistant.chats import Chat
from backend.models.platform.paging import Page
from backend.repositories.sql.platform.contention import LOCK
from backend.repositories.sql.platform.keyset import COUNT, by_column
from backend.repositories.sql.platform.lists import SqlList


class SqlChatMessageRepository(SqlList[ChatMessage, ChatMessageQuery]):
    model = ChatMessage
    kind = "message"
    sorts = {"position": by_column(ChatMessage.position, COUNT)}

    async def page_of(self, chat_id: UUID, query: ChatMessageQuery) -> Page[ChatMessage]:
        wanted = [col(ChatMessage.chat_id) == chat_id]
        if query.replaced is not None:
            wanted.append(col(ChatMessage.is_replaced).is_(query.replaced))
        return await self._page(query, *wanted)

    async def newest(
        self, chat_id: UUID, limit: int, before: int | None = None
    ) -> Sequence[ChatMessage]:
        seen = [col(ChatMessage.chat_id) == chat_id, col(ChatMessage.is_replaced).is_(False)]
        if before is not None:
            seen.append(col(ChatMessage.position) < before)
        messages = select(ChatMessage).where(*seen).order_by(col(ChatMessage.position).desc())
        return list(reversed((await self._session.exec(messages.limit(limit))).all()))

    async def being_written(self, chat_id: UUID) -> Sequence[ChatMessage]:
        running = select(ChatMessage).where(
            ChatMessage.chat_id == chat_id, ChatMessage.status == MessageStatus.RUNNING
        )
        return (await self._session.exec(running)).all()

    async def last_position(self, chat_id: UUID) -> int:
        last = select(func.max(ChatMessage.position)).where(ChatMessage.chat_id == chat_id)
        return (await self._session.exec(last)).one() or 0

    async def changed_after(self, chat_id: UUID, change: int, limit: int) -> Sequence[ChatMessage]:
        newer = select(ChatMessage).where(
            ChatMessage.chat_id == chat_id, col(ChatMessage.change) > change
        )
        return (
            await self._session.exec(newer.order_by(col(ChatMessage.change)).limit(limit))
        ).all()

    async def last_changes(self, chat_ids: Collection[UUID]) -> Mapping[UUID, int]:
        last = select(ChatMessage.chat_id, func.max(ChatMessage.change))
        of_chats = last.where(col(ChatMessage.chat_id).in_(chat_ids)).group_by(
            col(ChatMessage.chat_id)
        )
        return dict((await self._session.exec(of_chats)).all())

    async def lock_abandoned(self, limit: int) -> list[ChatMessage]:
        # Only running answers have a deadline.
        over = select(ChatMessage).where(col(ChatMessage.deadline_at) < func.now()).limit(limit)
        with_chats = over.join(Chat, col(Chat.id) == ChatMessage.chat_id)
        locked = with_chats.with_for_update(skip_locked=True, **LOCK)
        return list((await self._session.exec(locked)).all())
