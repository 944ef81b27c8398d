"""Mails to send, and their outcome."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from backend.models.platform.base import enum_type
from backend.models.platform.meanings import never_taken
from backend.models.platform.mixins import Identified, now
from backend.models.platform.personal import personal


class MailKind(StrEnum):
    """Each kind has a pair of templates of the same name."""

    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"
    ACCEPT_INVITATION = "accept_invitation"
    CHANGE_EMAIL = "change_email"
    NEW_DEVICE = "new_device"
    IMPERSONATED = "impersonated"
    NOTIFICATION = "notification"


class Mail(Identified, table=True):
    """`payload` holds the values of the templates; secrets are derived when it is sent.

    `claimed_until` is set while a process sends it. The claim expires, as a process may die.
    """

    __tablename__ = "mails"

    kind: MailKind = Field(sa_type=enum_type(MailKind))
    recipient: str
    user_id: UUID | None = Field(
        default=None,
        foreign_key="users.id",
        index=True,
        ondelete="SET NULL",
        sa_column_kwargs={"info": personal()},
    )
    payload: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    dedup_key: str = Field(
        unique=True,
        sa_column_kwargs={"info": never_taken("existing rows are skipped")},
    )
    created_at: datetime = Field(default_factory=now, index=True)
    attempts: int = 0
    claimed_until: datetime | None = None
    sent_at: datetime | None = None
    refused_at: datetime | None = None
    last_error: str | None = None

    @property
    def is_settled(self) -> bool:
        return self.sent_at is not None or self.refused_at is not None

    def is_claimed(self, longest: timedelta) -> bool:
        """Whether a process is sending it.

        A claim further ahead than the longest was made by a process that died before the clock
        went back.
        """
        return self.claimed_until is not None and now() < self.claimed_until <= now() + longest

    def claim(self, duration: timedelta) -> None:
        self.claimed_until = now() + duration
        self.attempts += 1

    def succeed(self) -> None:
        self.sent_at = now()
        self.claimed_until = self.last_error = None

    def fail(self, reason: str, *, for_good: bool) -> None:
        self.refused_at = now() if for_good else None
        self.claimed_until = None
        self.last_error = reason
