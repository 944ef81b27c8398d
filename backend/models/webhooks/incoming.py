"""What other programs tell us, kept once until it is handled."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from backend.models.platform.base import Output, example
from backend.models.platform.fields import Line, Paragraphs, Term, UtcDatetime
from backend.models.platform.json_values import JsonObject
from backend.models.platform.meanings import never_taken
from backend.models.platform.mixins import Identified, now
from backend.models.platform.organisations import OfOrganisation


class IncomingMessage(OfOrganisation, Identified, table=True):
    """
    Attributes:
        message_id: as the sender counts its messages: `webhook-id`.
        error: why it could not be handled, if it never will be.
    """

    __tablename__ = "incoming_messages"
    __table_args__ = (
        UniqueConstraint("source", "message_id", info=never_taken("existing rows are skipped")),
    )

    source: str
    message_id: str
    type: str
    data: dict[str, Any] = Field(sa_type=JSONB)
    received_at: datetime = Field(default_factory=now, index=True)
    handled_at: datetime | None = None
    error: str | None = None

    def settle(self, error: str | None = None) -> None:
        self.handled_at = now()
        self.error = error


class IncomingBody(BaseModel):
    """What senders send. They may add fields that we do not know."""

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={
            "example": {"type": "task.requested", "data": {"title": "Call Grace Hopper back"}}
        },
    )

    type: Term
    data: JsonObject


class IncomingReceipt(Output):
    model_config = example({"id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e33"}, base=Output)

    id: UUID = Field(description="Of the message, the same each time that it is sent.")


class RequestedTask(SQLModel):
    """The data of `task.requested`: the example of a message. It may have more."""

    title: Line
    description: Paragraphs = ""
    due_at: UtcDatetime | None = None
