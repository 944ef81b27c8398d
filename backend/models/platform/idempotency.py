"""Requests with an `Idempotency-Key`, so that a retry writes nothing twice."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from backend.models.platform.meanings import never_taken
from backend.models.platform.mixins import Identified, now


@dataclass
class IdempotencyKey:
    """The key of one request.

    Attributes:
        fingerprint: a hash of the whole request; a key belongs to one request alone.
        valid_since: keys that were first used before this have expired.
        is_replay: whether the effect was there already.
    """

    user_id: UUID
    key: str
    fingerprint: str
    valid_since: datetime
    is_replay: bool = False


class IdempotentRequest(Identified, table=True):
    """Written with the change. The response is stored afterwards, and lost in a crash."""

    __tablename__ = "idempotent_requests"
    __table_args__ = (
        UniqueConstraint("user_id", "key", info=never_taken("existing rows are skipped")),
    )

    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE")
    key: str
    fingerprint: str
    resource_id: UUID
    created_at: datetime = Field(default_factory=now, index=True)
    status: int | None = None
    headers: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    body: bytes | None = Field(default=None, sa_type=LargeBinary)


@dataclass(frozen=True)
class Answer:
    """A rendered response, as the client got it, or gets it again."""

    status: int
    headers: dict[str, str]
    body: bytes


class AnsweredBeforeError(Exception):
    """The request came before, and this was its answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer
