from typing import Any
from uuid import UUID

from backend.core.errors import unknown_reference
from backend.core.permissions import Principal, SubjectKind
from backend.models.assistant.chats import NEW_CHAT, Chat, ChatCreate, ChatQuery, ChatUpdate
from backend.models.platform.idempotency import IdempotencyKey, Outcome
from backend.models.platform.paging import Page
from backend.repositories.assistant.unit import AssistantReading, AssistantUnit, AssistantUnits
from backend.services.assistant.briefs import unknown_prompt
from backend.services.platform.crud import CrudService
from backend.services.platform.ownership import own
from backend.services.tasks.modules import check_own_module

_REFERENCES = ("module_id", "model_config_id", "prompt")


class ChatService(CrudService[AssistantUnit, AssistantReading, Chat, ChatQuery, ChatUpdate]):
    """A person's own chats. Other people's are not found, whatever the role."""

    def __init__(self, uow: AssistantUnits) -> None:
        super().__init__(uow, SubjectKind.CHAT, lambda unit: unit.chats)

    async def create(
        self, data: ChatCreate, by: Principal, key: IdempotencyKey | None = None
    ) -> Outcome[Chat]:
        """Raises InvalidInputError if it refers to what does not exist."""
        title = {"title": data.title or NEW_CHAT, "has_own_title": data.title is not None}
        chat = Chat.from_input(data, owner_id=by.user_id, **title)
        return await self._add(chat, by, key)

    async def _get(
        self, uow: AssistantReading, row_id: UUID, by: Principal, *, for_update: bool = False
    ) -> Chat:
        return await own(uow.chats, row_id, by, for_update=for_update)

    async def _page(self, uow: AssistantReading, query: ChatQuery, by: Principal) -> Page[Chat]:
        return await uow.chats.page_of(by.user_id, query)

    async def _check_new(self, uow: AssistantUnit, row: Chat, by: Principal) -> None:
        await _check(uow, {name: getattr(row, name) for name in _REFERENCES}, by)

    async def _apply(
        self, uow: AssistantUnit, row: Chat, changes: dict[str, Any], by: Principal
    ) -> None:
        await _check(uow, changes, by)
        if title := changes.pop("title", None):
            row.rename(title)
        row.sqlmodel_update(changes)


async def _check(uow: AssistantReading, changes: dict[str, Any], by: Principal) -> None:
    """Raises InvalidInputError."""
    await check_own_module(uow, changes.get("module_id"), by)
    config_id = changes.get("model_config_id")
    if config_id and await uow.model_configs.find(config_id) is None:
        raise unknown_reference("model_config_id", "model configuration")
    if (prompt := changes.get("prompt")) and await uow.prompts.find_active(prompt) is None:
        raise unknown_prompt(prompt)
