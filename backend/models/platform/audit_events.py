"""The audit trail: its table, and its form in the API."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import Field as PydanticField
from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from backend.core.permissions import Means, SubjectKind
from backend.models.platform.base import Output, enum_type, example
from backend.models.platform.domain_events import (
    PERSONAL_KINDS,
    DomainEvent,
    RecordedActor,
    class_of,
    value_after,
)
from backend.models.platform.fields import Several, Term, UtcDatetime
from backend.models.platform.mixins import Identified, now
from backend.models.platform.organisations import OfOrganisation
from backend.models.platform.paging import PageQuery


class EventBase(SQLModel):
    type: str = Field(description="The kind of object and what happened, such as `task.completed`.")
    subject_kind: SubjectKind
    subject_id: UUID | None = None
    actor_id: UUID | None = Field(default=None, description="The user who did it; null: nobody.")
    means: Means = Field(description="The interface that it came through.")
    key_id: UUID | None = Field(
        default=None, description="The API key with which they did it; null: in person."
    )
    impersonator_id: UUID | None = Field(
        default=None, description="The admin who acted as them; null: it was they."
    )
    changes: dict[str, Any] = Field(
        default_factory=dict,
        description="The values before and after, by field. Empty if they were about a person "
        "whose account was erased.",
    )
    request_id: str | None = Field(default=None, description="The same id as in the log.")
    occurred_at: datetime = Field(default_factory=now)


class Event(OfOrganisation, EventBase, Identified, table=True):
    """Append-only: the database refuses to change or delete rows.

    No foreign keys, as the subject of an event may be deleted.
    """

    __tablename__ = "events"
    __table_args__ = (
        Index(None, "occurred_at", "id"),
        Index(None, "type", "occurred_at", "id"),
        Index(None, "subject_kind", "occurred_at", "id"),
        Index(None, "subject_id", "occurred_at", "id"),
        Index(None, "actor_id", "occurred_at", "id"),
        # Most are done in person: they cost nothing here.
        Index(
            "ix_events_key_id",
            "key_id",
            "occurred_at",
            "id",
            postgresql_where=text("key_id IS NOT NULL"),
        ),
    )

    subject_kind: SubjectKind = Field(sa_type=enum_type(SubjectKind))
    means: Means = Field(sa_type=enum_type(Means))
    changes: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)

    def after(self, name: str) -> Any:
        """Return the new value of a field; None if it did not change."""
        return value_after(self.changes, name)

    @property
    def person_is_concerned(self) -> bool:
        """Whether its changes may be kept apart."""
        return not self.changes and self.subject_kind in PERSONAL_KINDS

    def happened(self) -> DomainEvent:
        """What was recorded, of the class that it was recorded as."""
        return class_of(self.type)(
            id=self.id,
            kind=self.subject_kind,
            verb=self.type.partition(".")[2],
            subject_id=self.subject_id,
            by=self._actor(),
            changes=self.changes,
        )

    def _actor(self) -> RecordedActor | None:
        if self.actor_id is None:
            return None
        return RecordedActor(self.actor_id, self.means, self.key_id, self.impersonator_id)


class PersonalChanges(OfOrganisation, Identified, table=True):
    """The changes of an event that are data of a person: apart, so that the trail can forget them.

    The event itself never changes. The id is that of the event.
    """

    __tablename__ = "personal_changes"
    __table_args__ = (Index(None, "occurred_at"),)

    person_id: UUID = Field(index=True)
    changes: dict[str, Any] = Field(sa_type=JSONB)
    occurred_at: datetime


class EventPublic(Output, EventBase, Identified):
    model_config = example(
        {
            "id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e10",
            "type": "task.completed",
            "subject_kind": "task",
            "subject_id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e04",
            "actor_id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e01",
            "means": "api",
            "key_id": None,
            "impersonator_id": None,
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
    type: list[Term] = PydanticField(
        default=[], description="Any of these types, such as `task.completed`.", max_length=20
    )
    subject_kind: Several[SubjectKind] = PydanticField(default=[], description="Any of these.")
    subject_id: UUID | None = None
    actor_id: UUID | None = None
    key_id: UUID | None = PydanticField(default=None, description="Done with this API key.")
    occurred_after: UtcDatetime | None = PydanticField(
        default=None, description="At this moment or later."
    )
    occurred_before: UtcDatetime | None = PydanticField(
        default=None, description="Earlier than this."
    )
