"""Webhooks: addresses that are told of events, and the secrets that sign what is sent."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import MISSING, AfterValidator, Field as PydanticField
from sqlalchemy import Index, LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from backend.models.platform.base import Input, Output, Update, example
from backend.models.platform.fields import Flag, Paragraphs, Url
from backend.models.platform.mixins import Identified, Timestamped, Versioned, now
from backend.models.platform.organisations import OfOrganisation
from backend.models.platform.paging import PageQuery
from backend.models.platform.personal import personal
from backend.models.webhooks.event_types import BY_TYPE, EventType

_EXAMPLE: dict[str, Any] = {
    "url": "https://hooks.example.com/mvp",
    "description": "Invoices are written there.",
    "event_types": ["task.completed", "task.deleted"],
    "is_active": True,
}


def _without_secrets(url: str) -> str:
    parts = urlsplit(url)
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not contain a name or a password: check the signature instead")
    if parts.fragment:
        raise ValueError("must not contain #: what follows it is never sent")
    return url


def _sorted(types: Sequence[str]) -> list[str]:
    """Return each once, in the order of the table."""
    return [each for each in BY_TYPE if each in types]


ReceiverUrl = Annotated[
    Url,
    AfterValidator(_without_secrets),
    PydanticField(description="Where deliveries are sent, by POST. Redirects are not followed."),
]
EventTypes = Annotated[
    list[EventType],
    PydanticField(min_length=1, max_length=len(BY_TYPE)),
    AfterValidator(_sorted),
]


class WebhookBase(SQLModel):
    url: ReceiverUrl
    description: Paragraphs = ""
    is_active: bool = True


class Webhook(OfOrganisation, Versioned, Timestamped, WebhookBase, Identified, table=True):
    """It is told what its owner may read.

    Attributes:
        sealed_previous_secret: signs beside the other until `rotating_until`.
        switched_off_because: the reason, in words, if it was switched off for its failures.
    """

    __tablename__ = "webhooks"
    __table_args__ = (
        Index(None, "created_at", "id"),
        Index(None, "owner_id"),
        Index(None, "event_types", postgresql_using="gin"),
    )
    secrets = frozenset({"sealed_secret", "sealed_previous_secret"})

    url: str
    event_types: list[str] = Field(sa_type=JSONB)
    owner_id: UUID = Field(foreign_key="users.id", sa_column_kwargs={"info": personal()})
    sealed_secret: bytes = Field(sa_type=LargeBinary)
    sealed_previous_secret: bytes | None = Field(default=None, sa_type=LargeBinary)
    rotating_until: datetime | None = None
    switched_off_at: datetime | None = None
    switched_off_because: str | None = None

    def private_fields(self) -> Iterable[str]:
        """Addresses often have a key in them."""
        return ("url",)

    def switch_off(self, reason: str) -> None:
        self.is_active = False
        self.switched_off_at = now()
        self.switched_off_because = reason

    def switch_on(self) -> None:
        self.is_active = True
        self.switched_off_at = self.switched_off_because = None

    def rotate(self, sealed_secret: bytes, previous_until: datetime) -> None:
        """Sign with a new secret, and with the present one until the time."""
        self.sealed_previous_secret = self.sealed_secret
        self.rotating_until = previous_until
        self.sealed_secret = sealed_secret

    @property
    def signing(self) -> list[bytes]:
        """The sealed secrets that sign now, the newest first."""
        until = self.rotating_until
        if self.sealed_previous_secret is None or until is None or until <= now():
            return [self.sealed_secret]
        return [self.sealed_secret, self.sealed_previous_secret]


class WebhookCreate(Input, WebhookBase):
    model_config = example(_EXAMPLE)

    is_active: Flag = True
    event_types: EventTypes


class WebhookUpdate(Update):
    """Only the fields that are sent change."""

    model_config = example({"is_active": False})

    url: ReceiverUrl | MISSING = MISSING
    description: Paragraphs | MISSING = MISSING
    event_types: EventTypes | MISSING = MISSING
    is_active: Flag | MISSING = MISSING


class WebhookPublic(Output, Versioned, Timestamped, WebhookBase, Identified):
    model_config = example(
        {
            "id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e31",
            **_EXAMPLE,
            "owner_id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e01",
            "rotating_until": None,
            "switched_off_at": None,
            "switched_off_because": None,
            "created_at": "2026-06-01T09:30:00Z",
            "updated_at": "2026-06-01T09:30:00Z",
            "version": 1,
        },
        base=Output,
    )

    url: str
    event_types: list[str] = Field(description="The types of events that it is told of.")
    owner_id: UUID = Field(description="Whoever made it: it is told what they may read.")
    rotating_until: datetime | None = Field(
        description="Until then deliveries are signed with the previous secret, too."
    )
    switched_off_at: datetime | None = Field(
        description="When it was switched off for its failures. Set `is_active` to switch it on."
    )
    switched_off_because: str | None


class WebhookSecret(Output):
    model_config = example(
        {
            "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwQ2hT4cU1xdM=",
            "rotating_until": None,
        },
        base=Output,
    )

    secret: str = Field(description="Signs deliveries as Standard Webhooks have it.")
    rotating_until: datetime | None


class WebhookSort(StrEnum):
    CREATED_AT = "created_at"
    CREATED_AT_DESC = "-created_at"


class WebhookQuery(PageQuery):
    sort: WebhookSort = WebhookSort.CREATED_AT_DESC
    is_active: bool | None = None
