"""Your conversations with the assistant."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, status

from backend.api.deps import own_with
from backend.api.etags import CachedTagDep, MatchDep, TagDep
from backend.api.idempotency import IdempotencyKeyDep, IdempotentRoute, KeptAnswer
from backend.api.injection import Injected
from backend.api.routes import ResourceRouter
from backend.core.permissions import Permission, Principal
from backend.models.assistant.chats import Chat, ChatCreate, ChatPublic, ChatQuery, ChatUpdate
from backend.models.platform.paging import Page
from backend.services.assistant.chats import ChatService

router = ResourceRouter(prefix="/chats", tags=["chats"], route_class=IdempotentRoute)

ChatId = Annotated[UUID, Path(examples=["01976d5e-8f60-7c3a-9b52-5d1f0a6c7e22"])]
Owner = Annotated[Principal, own_with(Permission.ASSISTANT_USE)]


@router.get("", response_model=Page[ChatPublic])
async def list_chats(
    query: Annotated[ChatQuery, Query()], by: Owner, chats: Injected[ChatService]
) -> Page[Chat]:
    """Your chats, the most recently active first."""
    return await chats.page(query, by)


@router.post("", status_code=status.HTTP_201_CREATED, response_model=ChatPublic)
async def create_chat(
    data: ChatCreate,
    by: Owner,
    chats: Injected[ChatService],
    tag: TagDep,
    key: IdempotencyKeyDep,
) -> Chat | KeptAnswer:
    """Create a chat. Then send messages by `POST /chats/{chat_id}/messages`."""
    return tag.created("chats", await chats.create(data, by, key))


@router.get("/{chat_id}", response_model=ChatPublic)
async def read_chat(
    chat_id: ChatId, by: Owner, chats: Injected[ChatService], tag: CachedTagDep
) -> Chat:
    """One of your chats, without its messages."""
    return tag(await chats.read(chat_id, by))


@router.patch("/{chat_id}", response_model=ChatPublic)
async def update_chat(
    chat_id: ChatId,
    data: ChatUpdate,
    by: Owner,
    chats: Injected[ChatService],
    match: MatchDep,
    tag: TagDep,
) -> Chat:
    """Rename a chat, or change its model and prompt for future answers."""
    return tag(await chats.update(chat_id, data, by, match))


@router.delete("/{chat_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_chat(
    chat_id: ChatId, by: Owner, chats: Injected[ChatService], match: MatchDep
) -> None:
    """Delete a chat with all its messages. What the assistant did is not undone."""
    await chats.delete(chat_id, by, match)
