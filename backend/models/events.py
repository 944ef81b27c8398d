"""What happens: events as services record them, and the table that keeps them for good."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import Field as QueryField
from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from backend.core.permissions import Means, Principal
from backend.models.base import Output, enum_type, example
from backend.models.fields import Text, UtcDatetime
from backend.models.mixins import Identified, now
from backend.models.paging import PageQuery

PRIVATE = "(private)"
"""In place of what admins may not read either."""

Changes = Mapping[str, Mapping[str, Any]]
"""By field: `{"before": ..., "after": ...}`, as JSON has them."""


class SubjectKind(StrEnum):
    """What an event is about."""

    CUSTOMER = "customer"
    LEAD = "lead"
    PRODUCT = "product"
    TASK = "task"
    MODULE = "module"
    FILE = "file"
    USER = "user"
    SESSION = "session"
    SIGN_IN = "sign_in"
    JOB = "job"
    INVITATION = "invitation"
    EXECUTION = "execution"


@dataclass(frozen=True, kw_only=True)
class DomainEvent:
    """Something that has happened, recorded in the transaction that made it so.

    Attributes:
        subject_id: None if it is about nothing that has an id.
        by: None if nobody was signed in, or the program did it by itself.
    """

    kind: SubjectKind
    verb: str
    subject_id: UUID | None
    by: Principal | None = None
    changes: Changes = field(default_factory=dict)

    @property
    def type(self) -> str:
        """Such as `task.completed`."""
        return f"{self.kind}.{self.verb}"

    @classmethod
    def type_of(cls) -> str:
        """The type of all events of a class that has only one."""
        fields = cls.__dataclass_fields__
        return f"{fields['kind'].default}.{fields['verb'].default}"


@dataclass(frozen=True, kw_only=True)
class ResourceChanged(DomainEvent):
    """A change that no handler waits for. What one waits for has a class of its own."""


@dataclass(frozen=True, kw_only=True)
class TaskAssigned(DomainEvent):
    """A task has got another assignee, or none: `changes["assignee_id"]`."""

    kind: SubjectKind = SubjectKind.TASK
    verb: str = "assigned"


@dataclass(frozen=True, kw_only=True)
class LeadConverted(DomainEvent):
    """`changes["task_ids"]` are the tasks that went over to the customer."""

    kind: SubjectKind = SubjectKind.LEAD
    verb: str = "converted"


@dataclass(frozen=True, kw_only=True)
class ModuleCreated(DomainEvent):
    kind: SubjectKind = SubjectKind.MODULE
    verb: str = "created"


@dataclass(frozen=True, kw_only=True)
class SignedIn(DomainEvent):
    """The subject is the new session."""

    kind: SubjectKind = SubjectKind.SESSION
    verb: str = "started"


@dataclass(frozen=True, kw_only=True)
class SignInFailed(DomainEvent):
    """The subject is the user whose password it was not; None if there is no such user."""

    kind: SubjectKind = SubjectKind.SIGN_IN
    verb: str = "failed"


@dataclass(frozen=True, kw_only=True)
class RefreshReplayed(DomainEvent):
    """A refresh token was used twice, so it is in two hands: its session has ended."""

    kind: SubjectKind = SubjectKind.SESSION
    verb: str = "refresh_replayed"


@dataclass(frozen=True, kw_only=True)
class SessionsRevoked(DomainEvent):
    """The subject is the user; `changes["session_ids"]` are the sessions that have ended."""

    kind: SubjectKind = SubjectKind.USER
    verb: str = "sessions_revoked"


@dataclass(frozen=True, kw_only=True)
class ExecutionFinished(DomainEvent):
    """It was completed, has failed or was cancelled: `changes` tell which of them."""

    kind: SubjectKind = SubjectKind.EXECUTION
    verb: str = "finished"


def changes_between(
    before: Mapping[str, Any], after: Mapping[str, Any], private: Iterable[str] = ()
) -> Changes:
    """What differs between two `facts`; a field that one side lacks counts as null there.

    Of the private fields only that they differ, as their content is for their owner alone.
    """
    hidden = set(private)

    def told(facts: Mapping[str, Any], name: str) -> Any:
        value = facts.get(name)
        return PRIVATE if name in hidden and value is not None else value

    return {
        name: {"before": told(before, name), "after": told(after, name)}
        for name in {**before, **after}
        if before.get(name) != after.get(name)
    }


class EventBase(SQLModel):
    type: str = Field(description="What happened to what, such as `task.completed`.")
    subject_kind: SubjectKind
    subject_id: UUID | None = None
    actor_id: UUID | None = Field(default=None, description="The user who did it; null: nobody.")
    means: Means = Field(description="What it was done with.")
    changes: dict[str, Any] = Field(
        default_factory=dict, description="By field, the value before and after."
    )
    request_id: str | None = Field(default=None, description="As in the log.")
    occurred_at: datetime = Field(default_factory=now)


class Event(EventBase, Identified, table=True):
    """Append-only: the database refuses to change or delete rows.

    No foreign keys, as what an event tells of may be deleted.
    """

    __tablename__ = "events"
    __table_args__ = (
        Index(None, "occurred_at", "id"),
        Index(None, "type", "occurred_at", "id"),
        Index(None, "subject_kind", "occurred_at", "id"),
        Index(None, "subject_id", "occurred_at", "id"),
        Index(None, "actor_id", "occurred_at", "id"),
    )

    subject_kind: SubjectKind = Field(sa_type=enum_type(SubjectKind))
    means: Means = Field(sa_type=enum_type(Means))
    changes: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)

    def after(self, name: str) -> Any:
        """The value that a field has got; None if it did not change."""
        return self.changes.get(name, {}).get("after")


class EventPublic(Output, EventBase, Identified):
    model_config = example(
        {
            "id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e10",
            "type": "task.completed",
            "subject_kind": "task",
            "subject_id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e04",
            "actor_id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e01",
            "means": "api",
            "changes": {"status": {"before": "open", "after": "done"}},
            "request_id": "5f0c6a2e4b7d4c0f9a3e1d2c8b7a6f50",
            "occurred_at": "2026-06-01T09:30:00Z",
        },
        base=Output,
    )


class EventSort(StrEnum):
    OCCURRED_AT = "occurred_at"
    OCCURRED_AT_DESC = "-occurred_at"


class EventQuery(PageQuery):
    sort: EventSort = EventSort.OCCURRED_AT_DESC
    type: list[Text] = QueryField(
        default=[], description="Any of these types, such as `task.completed`.", max_length=20
    )
    subject_kind: list[SubjectKind] = QueryField(default=[], description="Any of these.")
    subject_id: UUID | None = None
    actor_id: UUID | None = None
    occurred_after: UtcDatetime | None = QueryField(
        default=None, description="At this moment or later."
    )
    occurred_before: UtcDatetime | None = QueryField(default=None, description="Earlier than this.")
