"""Requests with an `Idempotency-Key`, so that a retry writes nothing twice."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic, TypeAlias, TypeVar
from uuid import UUID

from sqlalchemy import LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from backend.models.platform.meanings import never_taken
from backend.models.platform.mixins import Identified, now
from backend.models.platform.organisations import OfOrganisation

Made = TypeVar("Made")


@dataclass(frozen=True)
class IdempotencyKey:
    """The key of one request.

    Attributes:
        fingerprint: a hash of the whole request; a key belongs to one request alone.
        valid_since: keys that were first used before this have expired.
    """

    user_id: UUID
    key: str
    fingerprint: str
    valid_since: datetime

    def with_content(self, *content: object) -> "IdempotencyKey":
        """Return the key of a request whose content only the service knows, such as an upload."""
        return replace(self, fingerprint=":".join([self.fingerprint, *map(str, content)]))


class IdempotentRequest(OfOrganisation, Identified, table=True):
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


@dataclass(frozen=True)
class Fresh:
    """The key is new, or there is none: carry out the request."""


@dataclass(frozen=True)
class Replay:
    """The same request has created this before, and its response was lost: read the row again."""

    resource_id: UUID


@dataclass(frozen=True)
class Answered:
    """The same request was answered before, with this response."""

    answer: Answer


Claim: TypeAlias = Fresh | Replay | Answered
"""The result of claiming a key."""


@dataclass(frozen=True)
class Replayed(Generic[Made]):
    """What an earlier request with the same key created."""

    value: Made


Outcome: TypeAlias = Made | Replayed[Made] | Answered
"""The result of a method that takes a key: what it created, or what an earlier request did."""


def made(outcome: Outcome[Made]) -> Made:
    """Return what was created, now or before, for callers that store no responses.

    Raises:
        ValueError: a response is stored.
    """
    if isinstance(outcome, Answered):
        raise ValueError("a response is stored for this key")
    return outcome.value if isinstance(outcome, Replayed) else outcome
