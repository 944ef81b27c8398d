"""The messages of chats: those of a person, and the assistant's answers with its actions."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import Field as PydanticField
from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from backend.models.assistant.incomplete import IncompleteReason
from backend.models.assistant.message_parts import PARTS, MessagePart, TextPart, text_of
from backend.models.assistant.model_usage import EXAMPLE as USAGE_EXAMPLE, Usage
from backend.models.assistant.usage_records import COST
from backend.models.platform.base import Input, Output, enum_type, example
from backend.models.platform.fields import Message, Paragraphs
from backend.models.platform.full_text import make_searchable
from backend.models.platform.meanings import never_taken
from backend.models.platform.mixins import Identified, Timestamped, Versioned, now
from backend.models.platform.organisations import OfOrganisation
from backend.models.platform.paging import PageQuery


class MessageRole(StrEnum):
    USER = "user"
    ASSISTANT = "assistant"


class MessageStatus(StrEnum):
    """`running`: the answer is being written. `incomplete`: it ended early."""

    RUNNING = "running"
    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    FAILED = "failed"


class Rating(StrEnum):
    GOOD = "good"
    BAD = "bad"


class ChatMessageBase(SQLModel):
    role: MessageRole
    position: int = Field(description="Counts from 1 in each chat.")
    status: MessageStatus = MessageStatus.COMPLETE
    text: str = Field(default="", description="The text shown to people.")
    model: str | None = Field(default=None, description="The language model that answered.")
    error: str | None = Field(default=None, description="Why it failed; regenerate it.")
    incomplete_reason: IncompleteReason | None = Field(
        default=None, description="Why it is `incomplete`. `text` is the part that was written."
    )
    is_replaced: bool = Field(
        default=False, description="It was generated again: the model no longer sees this one."
    )
    rating: Rating | None = None
    comment: str | None = Field(default=None, description="The person's rating of the answer.")
    finished_at: datetime | None = None


class ChatMessage(OfOrganisation, Versioned, Timestamped, ChatMessageBase, Identified, table=True):
    """The row of a `running` answer is completed when the answer ends.

    Attributes:
        deadline_at: its deadline; if it is still running later, its writer has crashed.
        change: the number of its last change, which the database assigns: those of one chat are
            committed in that order.
    """

    __tablename__ = "chat_messages"
    __table_args__ = (
        UniqueConstraint(
            "chat_id",
            "position",
            info=never_taken("the numbers are assigned while a row is locked"),
        ),
        Index(None, "chat_id", "change"),
    )

    chat_id: UUID = Field(foreign_key="chats.id", ondelete="CASCADE")
    role: MessageRole = Field(sa_type=enum_type(MessageRole))
    status: MessageStatus = Field(default=MessageStatus.COMPLETE, sa_type=enum_type(MessageStatus))
    incomplete_reason: IncompleteReason | None = Field(
        default=None, sa_type=enum_type(IncompleteReason)
    )
    rating: Rating | None = Field(default=None, sa_type=enum_type(Rating))
    parts: list[MessagePart] = Field(default=[], sa_type=PARTS)
    output: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    model_calls: int = 0
    tool_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: Decimal | None = Field(default=None, sa_type=COST)
    deadline_at: datetime | None = Field(default=None, index=True)
    change: int = Field(default=0, sa_type=BigInteger)

    @property
    def usage(self) -> Usage:
        return Usage(
            model_calls=self.model_calls,
            tool_calls=self.tool_calls,
            input_tokens=self.input_tokens,
            output_tokens=self.output_tokens,
            cost=self.cost,
        )

    @property
    def is_answered(self) -> bool:
        """Whether there is an answer, even an incomplete one."""
        return self.status in (MessageStatus.COMPLETE, MessageStatus.INCOMPLETE)

    @property
    def is_at_work(self) -> bool:
        return self.status is MessageStatus.RUNNING and (
            self.deadline_at is not None and self.deadline_at > now()
        )

    def begin(self, model: str, deadline_at: datetime) -> None:
        self.status = MessageStatus.RUNNING
        self.model = model
        self.error = self.incomplete_reason = None
        self.finished_at = None
        self.deadline_at = deadline_at

    def finish(
        self,
        parts: list[MessagePart],
        output: dict[str, Any] | None,
        usage: Usage,
        error: str | None,
        incomplete_reason: IncompleteReason | None = None,
    ) -> None:
        """Store what was written of the answer; `error` or a reason says why there is no more."""
        self.parts = parts
        self.output = output
        self.text = text_of(parts)
        for name, amount in usage:
            setattr(self, name, amount)
        self.error = error
        self.incomplete_reason = None if error else incomplete_reason
        if error is None and incomplete_reason is None:
            self._end(MessageStatus.COMPLETE)
        else:
            self._end(MessageStatus.FAILED if error else MessageStatus.INCOMPLETE)

    def fail(self, error: str) -> None:
        self.error = error
        self._end(MessageStatus.FAILED)

    def _end(self, status: MessageStatus) -> None:
        self.status = status
        self.finished_at = now()
        self.deadline_at = None


make_searchable(ChatMessage, "text", "''")


def message_of_person(chat_id: UUID, position: int, text: str) -> ChatMessage:
    moment = now()
    return ChatMessage(
        chat_id=chat_id,
        position=position,
        role=MessageRole.USER,
        parts=[TextPart(text=text)],
        text=text,
        finished_at=moment,
    )


class MessageCreate(Input):
    model_config = example({"text": "Create a task to call Grace Hopper tomorrow."})

    text: Message


class MessageFeedback(Input):
    model_config = example({"rating": "good", "comment": None})

    rating: Rating | None = Field(description="Null removes it.")
    comment: Paragraphs | None = None


class ChatMessagePublic(Output, Versioned, Timestamped, ChatMessageBase, Identified):
    model_config = example(
        {
            "id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e23",
            "chat_id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e22",
            "role": "assistant",
            "position": 2,
            "status": "complete",
            "text": "I have created the task.",
            "parts": [
                {
                    "kind": "tool_call",
                    "call_id": "call_1",
                    "tool": "create_task",
                    "arguments": {"title": "Call Grace Hopper"},
                },
                {
                    "kind": "tool_result",
                    "call_id": "call_1",
                    "tool": "create_task",
                    "outcome": "done",
                    "result": {"title": "Call Grace Hopper", "status": "open"},
                },
                {"kind": "text", "text": "I have created the task."},
            ],
            "output": None,
            "model": "gpt-5-mini",
            "usage": USAGE_EXAMPLE,
            "error": None,
            "incomplete_reason": None,
            "is_replaced": False,
            "rating": None,
            "comment": None,
            "created_at": "2026-06-01T09:30:00Z",
            "updated_at": "2026-06-01T09:30:02Z",
            "finished_at": "2026-06-01T09:30:02Z",
            "version": 2,
        },
        base=Output,
    )

    chat_id: UUID
    parts: list[MessagePart]
    output: dict[str, Any] | None = Field(description="Present if a schema was requested.")
    usage: Usage


class ChatMessageSort(StrEnum):
    POSITION = "position"
    POSITION_DESC = "-position"


class ChatMessageQuery(PageQuery):
    sort: ChatMessageSort = ChatMessageSort.POSITION
    replaced: bool | None = PydanticField(
        default=None,
        description="Only answers that were generated again; with false, none of them.",
    )
