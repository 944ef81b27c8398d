"""Usage records: requests counted against a person's limits of the day."""

from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Index, Numeric
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from backend.core.config import ModelProvider
from backend.models.assistant.model_usage import Usage
from backend.models.platform.base import enum_type
from backend.models.platform.mixins import Identified, now
from backend.models.platform.organisations import OfOrganisation

COST = Numeric(18, 9)
"""US dollars: one token costs a fraction of a millionth."""


class Amounts(NamedTuple):
    """Amounts allowed or used. `cost` is in US dollars."""

    model_calls: int
    tokens: int
    seconds: float
    cost: Decimal


class UsageRecord(OfOrganisation, Identified, table=True):
    """One request. Its limits are reserved until it ends or its deadline passes.

    So a person's limits of the day hold for concurrent requests too.

    Attributes:
        deadline_at: its deadline.
        answer: the response of `/agent/act`, for retries with the same key.
    """

    __tablename__ = "usage_records"
    __table_args__ = (Index(None, "owner_id", "started_at", "id"), Index(None, "started_at"))

    owner_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE")
    provider: ModelProvider = Field(sa_type=enum_type(ModelProvider))
    model: str
    started_at: datetime = Field(default_factory=now)
    deadline_at: datetime
    finished_at: datetime | None = None
    held_model_calls: int
    held_tokens: int
    held_seconds: float
    held_cost: Decimal = Field(sa_type=COST)
    model_calls: int = 0
    tool_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0
    cost: Decimal | None = Field(default=None, sa_type=COST)
    error: str | None = None
    answer: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))

    @property
    def is_at_work(self) -> bool:
        return self.finished_at is None and self.deadline_at > now()

    def finish(self, usage: Usage, error: str | None = None) -> None:
        """Release the reservation and record the usage."""
        self.finished_at = now()
        self.seconds = (self.finished_at - self.started_at).total_seconds()
        self.model_calls, self.tool_calls = usage.model_calls, usage.tool_calls
        self.input_tokens, self.output_tokens = usage.input_tokens, usage.output_tokens
        self.cost = usage.cost
        self.error = error
