from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import ColumnElement, or_
from sqlmodel import col, select

from backend.models.assistant.chat_messages import ChatMessage
from backend.models.assistant.chats import Chat, ChatQuery
from backend.models.platform.paging import Page
from backend.repositories.sql.platform.full_text import matches
from backend.repositories.sql.platform.keyset import MOMENT, by_column, by_name
from backend.repositories.sql.platform.lists import SqlList


class SqlChatRepository(SqlList[Chat, ChatQuery]):
    model = Chat
    kind = "chat"
    sorts = {
        "last_message_at": by_column(Chat.last_message_at, MOMENT),
        "created_at": by_column(Chat.created_at, MOMENT),
        "title": by_name(Chat.title),
    }

    async def page_of(self, owner_id: UUID, query: ChatQuery) -> Page[Chat]:
        return await self._page(query, col(Chat.owner_id) == owner_id, *self.conditions(query))

    async def leave_model_config(self, config_id: UUID) -> list[UUID]:
        return await self._change_all(col(Chat.model_config_id) == config_id, model_config_id=None)

    async def leave_module(self, module_id: UUID) -> list[UUID]:
        return await self._change_all(col(Chat.module_id) == module_id, module_id=None)

    def conditions(self, query: ChatQuery) -> Iterator[ColumnElement[bool]]:
        if query.module_id is not None:
            yield col(Chat.module_id) == query.module_id
        if query.q:
            said = select(ChatMessage.id).where(
                ChatMessage.chat_id == Chat.id, matches(ChatMessage, query.q)
            )
            yield or_(matches(Chat, query.q), said.exists())
