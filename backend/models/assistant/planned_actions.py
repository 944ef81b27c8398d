"""Actions that the assistant has planned and a person must confirm."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from backend.core.errors import ConflictError
from backend.models.platform.base import Output, enum_type, example
from backend.models.platform.mixins import Identified, Timestamped, Versioned, now
from backend.models.platform.organisations import OfOrganisation
from backend.models.platform.personal import personal

EXAMPLE: dict[str, Any] = {
    "id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e21",
    "tool": "delete_task",
    "arguments": {"task_id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e04"},
    "plan": "Delete the task Send the offer for good.",
    "status": "planned",
    "expires_at": "2026-06-01T09:45:00Z",
    "result": None,
    "error": None,
    "chat_id": None,
    "created_at": "2026-06-01T09:30:00Z",
    "updated_at": "2026-06-01T09:30:00Z",
    "version": 1,
}


class ActionStatus(StrEnum):
    """Permanently `running`: the server crashed, and it is unknown whether the action was done."""

    PLANNED = "planned"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class PlannedActionBase(SQLModel):
    tool: str
    plan: str = Field(description="What will be done, in words.")
    status: ActionStatus = ActionStatus.PLANNED
    expires_at: datetime = Field(description="Confirm it before then, or request it again.")
    error: str | None = None
    chat_id: UUID | None = Field(default=None, description="The chat in which it was planned.")


class PlannedAction(
    OfOrganisation, Versioned, Timestamped, PlannedActionBase, Identified, table=True
):
    """
    Attributes:
        credential_id: the session or the API key with which it was planned.
    """

    __tablename__ = "planned_actions"
    __table_args__ = (
        Index(None, "owner_id", "created_at", "id"),
        Index(None, "expires_at"),
    )

    owner_id: UUID = Field(foreign_key="users.id", sa_column_kwargs={"info": personal()})
    credential_id: UUID | None = None
    status: ActionStatus = Field(default=ActionStatus.PLANNED, sa_type=enum_type(ActionStatus))
    arguments: dict[str, Any] = Field(sa_type=JSONB)
    result: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))

    def private_fields(self) -> Iterable[str]:
        """The result of a tool may come from a private file."""
        return ("arguments", "plan", "result", "error", "chat_id")

    @property
    def is_unconfirmed(self) -> bool:
        return self.status is ActionStatus.PLANNED

    @property
    def is_expired(self) -> bool:
        """Whether nobody has confirmed it in time."""
        return self.is_unconfirmed and self.expires_at <= now()

    def plan_again(self, plan: str, expires_at: datetime, credential_id: UUID) -> None:
        """Wait again to be confirmed."""
        self.plan = plan
        self.expires_at = expires_at
        self.credential_id = credential_id

    def begin(self) -> None:
        """Raises ConflictError if it was confirmed before, or has expired."""
        if not self.is_unconfirmed:
            raise ConflictError(f"This action has already been confirmed: it is {self.status}.")
        if self.is_expired:
            raise ConflictError("This action was not confirmed in time. Request it again.")
        self.status = ActionStatus.RUNNING

    def finish(self, *, result: dict[str, Any] | None = None, error: str | None = None) -> None:
        self.status = ActionStatus.DONE if error is None else ActionStatus.FAILED
        self.result = result
        self.error = error


class PlannedActionPublic(Output, Versioned, Timestamped, PlannedActionBase, Identified):
    model_config = example(EXAMPLE, base=Output)

    arguments: dict[str, Any]
    result: dict[str, Any] | None
