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
        """The key of a request that also asks for what only the service knows by now."""
        return replace(self, fingerprint=":".join([self.fingerprint, *map(str, content)]))


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


@dataclass(frozen=True)
class Fresh:
    """The key stands for no request yet, or there is none: the effect is still to be made."""


@dataclass(frozen=True)
class Replay:
    """The same request has made this before, and its answer was lost: read it again."""

    resource_id: UUID


@dataclass(frozen=True)
class Answered:
    """The same request came before, and this was its answer."""

    answer: Answer


Claim: TypeAlias = Fresh | Replay | Answered
"""What a key stands for."""


@dataclass(frozen=True)
class Replayed(Generic[Made]):
    """What the same request has made before."""

    value: Made


Outcome: TypeAlias = Made | Replayed[Made] | Answered
"""Of a method that takes a key: what it has made, or what came of the same request before."""


def made(outcome: Outcome[Made]) -> Made:
    """What was made, now or before, by a caller that keeps no answers.

    Raises:
        ValueError: an answer was kept.
    """
    if isinstance(outcome, Answered):
        raise ValueError("an answer was kept for this key")
    return outcome.value if isinstance(outcome, Replayed) else outcome
