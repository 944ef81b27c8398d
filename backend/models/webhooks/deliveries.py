"""What was told, and how each webhook has taken it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from pydantic import Field as PydanticField
from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from backend.models.platform.base import Output, enum_type, example
from backend.models.platform.fields import Several
from backend.models.platform.meanings import never_taken
from backend.models.platform.mixins import Identified, now
from backend.models.platform.organisations import OfOrganisation
from backend.models.platform.paging import PageQuery
from backend.models.webhooks.event_types import EventType


class DeliveryStatus(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


class WebhookMessage(OfOrganisation, Identified, table=True):
    """The same for all webhooks that are told of an event; its id is that of the event."""

    __tablename__ = "webhook_messages"

    event_type: str
    body: str
    created_at: datetime = Field(default_factory=now, index=True)


class WebhookQueue(OfOrganisation, table=True):
    """Where the sending of a webhook's deliveries stands.

    Attributes:
        due_at: not later than the first of its deliveries is due; None: none is pending.
        claimed_until: somebody sends; the claim expires, as a process may die.
        paused_until: it has failed, and is left alone.
        failures: how often in a row nothing was delivered.
        failing_since: when that began.
    """

    __tablename__ = "webhook_queues"

    webhook_id: UUID = Field(primary_key=True, foreign_key="webhooks.id", ondelete="CASCADE")
    due_at: datetime | None = Field(default=None, index=True)
    claimed_until: datetime | None = None
    paused_until: datetime | None = None
    failures: int = 0
    failing_since: datetime | None = None


class DeliveryBase(SQLModel):
    event_type: str
    status: DeliveryStatus = DeliveryStatus.PENDING
    attempts: int = 0
    created_at: datetime = Field(default_factory=now)
    last_attempt_at: datetime | None = None
    duration_ms: int | None = Field(default=None, description="Of the last attempt.")
    response_status: int | None = Field(
        default=None, description="Of the last attempt; null if there was no answer."
    )
    response_beginning: str | None = Field(
        default=None, description="The first 1,000 characters of the last answer."
    )
    error: str | None = Field(default=None, description="Why the last attempt has failed.")


class WebhookDelivery(OfOrganisation, DeliveryBase, Identified, table=True):
    """One message for one webhook.

    Attributes:
        due_at: when it is sent next.
        retry_until: it is not tried again after that.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        UniqueConstraint("webhook_id", "message_id", info=never_taken("existing are skipped")),
        Index(None, "message_id"),
        Index(None, "webhook_id", "created_at", "id"),
        Index(
            "ix_webhook_deliveries_pending",
            "webhook_id",
            "due_at",
            "id",
            postgresql_where=text("status = 'pending'"),
        ),
    )

    status: DeliveryStatus = Field(
        default=DeliveryStatus.PENDING, sa_type=enum_type(DeliveryStatus)
    )
    webhook_id: UUID = Field(foreign_key="webhooks.id", ondelete="CASCADE")
    message_id: UUID = Field(foreign_key="webhook_messages.id", ondelete="CASCADE")
    due_at: datetime
    retry_until: datetime

    def begin_again(self, retry_until: datetime) -> None:
        """Send it once more, with the same id."""
        self.status = DeliveryStatus.PENDING
        self.due_at = now()
        self.retry_until = retry_until


class DeliveryPublic(Output, DeliveryBase, Identified):
    model_config = example(
        {
            "id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e32",
            "webhook_id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e31",
            "message_id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e10",
            "event_type": "task.completed",
            "status": "delivered",
            "attempts": 1,
            "created_at": "2026-06-01T09:30:00Z",
            "due_at": "2026-06-01T09:30:00Z",
            "last_attempt_at": "2026-06-01T09:30:00Z",
            "duration_ms": 42,
            "response_status": 204,
            "response_beginning": "",
            "error": None,
        },
        base=Output,
    )

    webhook_id: UUID
    message_id: UUID = Field(description="The header `webhook-id`: the id of the event.")
    due_at: datetime = Field(description="If it is pending: when it is sent next.")


class DeliverySort(StrEnum):
    CREATED_AT = "created_at"
    CREATED_AT_DESC = "-created_at"


class DeliveryQuery(PageQuery):
    sort: DeliverySort = DeliverySort.CREATED_AT_DESC
    status: Several[DeliveryStatus] = PydanticField(default=[], description="Any of these.")
    event_type: Several[EventType] = PydanticField(default=[], description="Any of these.")


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """How a delivery was taken.

    Attributes:
        pause: before the next attempt, if it is pending.
    """

    delivery_id: UUID
    status: DeliveryStatus
    attempts: int
    duration_ms: int
    response_status: int | None
    response_beginning: str | None
    error: str | None
    pause: timedelta
