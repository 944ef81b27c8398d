"""Notifications, in the program, by mail, or both."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from pydantic import Field as PydanticField, model_validator
from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from backend.core.permissions import SubjectKind
from backend.models.platform.base import Input, Output, enum_type, example
from backend.models.platform.fields import Flag, Several
from backend.models.platform.meanings import never_taken
from backend.models.platform.mixins import Identified, now
from backend.models.platform.organisations import OfOrganisation
from backend.models.platform.paging import Page, PageQuery


class NotificationKind(StrEnum):
    TASK_ASSIGNED = "task_assigned"
    LEAD_CONVERTED = "lead_converted"
    EXECUTION_FINISHED = "execution_finished"
    NEW_DEVICE = "new_device"
    MODULE_CREATED = "module_created"
    WEBHOOK_SWITCHED_OFF = "webhook_switched_off"


MAILED = frozenset(
    {
        NotificationKind.TASK_ASSIGNED,
        NotificationKind.NEW_DEVICE,
        NotificationKind.WEBHOOK_SWITCHED_OFF,
    }
)
"""The kinds that are also mailed, unless their receiver chooses otherwise."""


class NotificationBase(SQLModel):
    kind: NotificationKind
    title: str
    text: str
    subject_kind: SubjectKind = Field(description="The object that it is about.")
    subject_id: UUID
    created_at: datetime = Field(default_factory=now)
    read_at: datetime | None = None


class Notification(OfOrganisation, NotificationBase, Identified, table=True):
    """One event makes one notification for each receiver, however often it is handled."""

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("user_id", "event_id", info=never_taken("existing rows are skipped")),
        Index(None, "created_at"),
        Index(None, "user_id", "created_at", "id"),
        Index(None, "user_id", "kind", "created_at", "id"),
        Index(
            "ix_notifications_unread",
            "user_id",
            "created_at",
            "id",
            postgresql_where=text("read_at IS NULL"),
        ),
    )

    kind: NotificationKind = Field(sa_type=enum_type(NotificationKind))
    subject_kind: SubjectKind = Field(sa_type=enum_type(SubjectKind))
    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE")
    event_id: UUID


class Delivery(SQLModel):
    """Where notifications of one kind go."""

    in_app: bool = Field(default=True, description="To `/notifications`.")
    mail: bool = Field(default=False, description="To the e-mail address.")

    @classmethod
    def usual(cls, kind: NotificationKind) -> Self:
        return cls(in_app=True, mail=kind in MAILED)


class NotificationPreference(Delivery, table=True):
    """A person's deviation from the default."""

    __tablename__ = "notification_preferences"

    user_id: UUID = Field(foreign_key="users.id", primary_key=True, ondelete="CASCADE")
    kind: NotificationKind = Field(primary_key=True, sa_type=enum_type(NotificationKind))


_PREFERENCE = {"kind": "task_assigned", "in_app": True, "mail": False}


class PreferenceInput(Input, Delivery):
    kind: NotificationKind
    in_app: Flag
    mail: Flag


class Preferences(Input):
    """The kinds that are left out stay as they are."""

    model_config = example({"preferences": [_PREFERENCE]})

    preferences: list[PreferenceInput] = Field(max_length=50)

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len({each.kind for each in self.preferences}) < len(self.preferences):
            raise ValueError("name each kind once")
        return self


class PreferencePublic(Output, Delivery):
    kind: NotificationKind


class PreferencesPublic(Output):
    model_config = example({"preferences": [_PREFERENCE]}, base=Output)

    preferences: list[PreferencePublic] = Field(description="One entry for each kind.")


_EXAMPLE: dict[str, Any] = {
    "id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e11",
    "kind": "task_assigned",
    "title": "You have a task",
    "text": "Send the offer",
    "subject_kind": "task",
    "subject_id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e04",
    "created_at": "2026-06-01T09:30:00Z",
    "read_at": None,
}


class NotificationPublic(Output, NotificationBase, Identified):
    model_config = example(_EXAMPLE, base=Output)


class NotificationPage(Page[NotificationPublic]):
    """One page of the list, and the number of unread notifications."""

    unread: int = Field(
        description="Of all notifications, whatever the filters; counted up to 10,000."
    )


class ReadAll(Output):
    model_config = example({"read": 3}, base=Output)

    read: int = Field(description="How many were unread.")


class NotificationSort(StrEnum):
    CREATED_AT = "created_at"
    CREATED_AT_DESC = "-created_at"


class NotificationQuery(PageQuery):
    sort: NotificationSort = NotificationSort.CREATED_AT_DESC
    kind: Several[NotificationKind] = PydanticField(default=[], description="Any of these kinds.")
    unread: bool | None = PydanticField(
        default=None, description="Only unread ones; with false, only those that were read."
    )
