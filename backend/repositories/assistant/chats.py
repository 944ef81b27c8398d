from typing import Protocol
from uuid import UUID

from backend.models.assistant.chats import Chat, ChatQuery
from backend.models.platform.paging import Page
from backend.repositories.platform.base import ListedRepository


class ChatRepository(ListedRepository[Chat, ChatQuery], Protocol):
    async def page_of(self, owner_id: UUID, query: ChatQuery) -> Page[Chat]:
        """Return one page of a person's chats. Raises InvalidCursorError."""
        ...

    async def leave_model_config(self, config_id: UUID) -> list[UUID]:
        """Remove a model configuration from all chats; returns their ids."""
        ...

    async def leave_module(self, module_id: UUID) -> list[UUID]:
        """Detach all chats from a module; returns their ids."""
        ...
