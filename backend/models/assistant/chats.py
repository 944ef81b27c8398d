"""Chats of a person with the assistant. Nobody else sees them."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import MISSING, Field as PydanticField
from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from backend.models.platform.base import Input, Output, Update, example
from backend.models.platform.fields import Line, Slug
from backend.models.platform.full_text import make_searchable
from backend.models.platform.meanings import kept, reference
from backend.models.platform.mixins import Identified, Timestamped, Versioned, now
from backend.models.platform.organisations import OfOrganisation
from backend.models.platform.paging import PageQuery, SearchText
from backend.models.platform.personal import personal
from backend.models.platform.shortening import one_line, shortened
from backend.models.tasks.modules import FILLED

NEW_CHAT = "New chat"
"""The title until the first message."""

_MAX_TITLE = 80

ChatIds = Annotated[list[UUID], PydanticField(max_length=20)]


class ChatBase(SQLModel):
    module_id: UUID | None = Field(
        default=None, description="One of your own modules, as context for the assistant."
    )
    model_config_id: UUID | None = Field(
        default=None, description="The model configuration to use; left out: the default."
    )
    prompt: Slug | None = Field(
        default=None, description="The name of a prompt; left out: `assistant`."
    )


class Chat(OfOrganisation, Versioned, Timestamped, ChatBase, Identified, table=True):
    """`has_own_title`: the person chose the title, so it is not replaced."""

    __tablename__ = "chats"
    __table_args__ = (
        Index(None, "owner_id", "last_message_at", "id"),
        Index(None, "owner_id", "created_at", "id"),
        Index(None, "owner_id", "title", "id"),
        Index(None, "module_id"),
        Index(None, "model_config_id"),
    )

    owner_id: UUID = Field(foreign_key="users.id", sa_column_kwargs={"info": personal()})
    title: str
    has_own_title: bool = False
    module_id: UUID | None = Field(
        default=None, foreign_key="modules.id", sa_column_kwargs={"info": kept(FILLED)}
    )
    model_config_id: UUID | None = Field(
        default=None,
        foreign_key="model_configs.id",
        ondelete="SET NULL",
        sa_column_kwargs={"info": reference("model_config_id", "model configuration")},
    )
    last_message_at: datetime = Field(default_factory=now)

    def private_fields(self) -> Iterable[str]:
        return ("title", "module_id")

    def rename(self, title: str) -> None:
        self.title = title
        self.has_own_title = True

    def take_title_from(self, text: str) -> None:
        """Use the beginning of the first message, unless the person has chosen a title."""
        if not self.has_own_title and self.title == NEW_CHAT:
            self.title = title_of(text) or NEW_CHAT


make_searchable(Chat, "title", "''")


def title_of(text: str) -> str:
    """Return one line, short enough for a title."""
    return shortened(one_line(text), _MAX_TITLE)


class ChatCreate(Input, ChatBase):
    model_config = example({"title": "Offer for Compilers & Co."})

    title: Line | None = Field(
        default=None, description="Left out: derived from the first message."
    )


class ChatUpdate(Update):
    """Only the fields that are sent change."""

    model_config = example({"title": "Renewal of Compilers & Co."})

    title: Line | MISSING = MISSING
    module_id: UUID | None | MISSING = MISSING
    model_config_id: UUID | None | MISSING = MISSING
    prompt: Slug | None | MISSING = MISSING


class ChatPublic(Output, Versioned, Timestamped, ChatBase, Identified):
    model_config = example(
        {
            "id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e22",
            "title": "Offer for Compilers & Co.",
            "module_id": None,
            "model_config_id": None,
            "prompt": None,
            "owner_id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e01",
            "last_message_at": "2026-06-01T09:31:00Z",
            "created_at": "2026-06-01T09:30:00Z",
            "updated_at": "2026-06-01T09:31:00Z",
            "version": 2,
        },
        base=Output,
    )

    title: str
    owner_id: UUID
    last_message_at: datetime = Field(description="Without messages, the time of the chat itself.")


class ChatSort(StrEnum):
    LAST_MESSAGE_AT = "last_message_at"
    LAST_MESSAGE_AT_DESC = "-last_message_at"
    CREATED_AT = "created_at"
    CREATED_AT_DESC = "-created_at"
    TITLE = "title"
    TITLE_DESC = "-title"


class ChatQuery(PageQuery):
    sort: ChatSort = ChatSort.LAST_MESSAGE_AT_DESC
    q: SearchText | None = PydanticField(
        default=None, description="Words of the title or of the messages."
    )
    module_id: UUID | None = None
