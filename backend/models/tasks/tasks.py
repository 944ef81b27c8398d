"""Tasks and their states."""

from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import MISSING, Field as PydanticField
from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from backend.core.errors import ConflictError
from backend.models.platform.base import Input, Output, Update, enum_type, example
from backend.models.platform.fields import Line, Paragraphs, Several, UtcDatetime
from backend.models.platform.full_text import make_searchable
from backend.models.platform.meanings import kept
from backend.models.platform.mixins import Identified, Timestamped, Versioned, now
from backend.models.platform.organisations import OfOrganisation
from backend.models.platform.paging import SearchableQuery
from backend.models.platform.sort_keys import sorted_by
from backend.models.tasks.checklists import CHECKLIST, ChecklistItem, NewChecklist
from backend.models.tasks.modules import FILLED

_EXAMPLE = {
    "title": "Send the offer",
    "description": "Three seats, paid yearly.",
    "status": "open",
    "priority": "high",
    "due_at": "2026-06-05T15:00:00Z",
}

NO_DUE_DATE = datetime(9999, 12, 31, tzinfo=UTC)
"""The sort key of tasks without a due date: after all others."""

DUE_SQL = "coalesce(due_at, '9999-12-31 00:00:00+00'::timestamptz)"
PRIORITY_SQL = "array_position(ARRAY['low','normal','high','urgent']::varchar[], priority)"
"""The expressions of two sorts, exactly the same in the index and in the query."""


class TaskStatus(StrEnum):
    OPEN = "open"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    CANCELLED = "cancelled"


class TaskPriority(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


TRANSITIONS: dict[TaskStatus, frozenset[TaskStatus]] = {
    TaskStatus.OPEN: frozenset({TaskStatus.IN_PROGRESS, TaskStatus.DONE, TaskStatus.CANCELLED}),
    TaskStatus.IN_PROGRESS: frozenset({TaskStatus.OPEN, TaskStatus.DONE, TaskStatus.CANCELLED}),
    TaskStatus.DONE: frozenset({TaskStatus.OPEN}),
    TaskStatus.CANCELLED: frozenset({TaskStatus.OPEN}),
}
UNFINISHED = (TaskStatus.OPEN, TaskStatus.IN_PROGRESS)


class TaskBase(SQLModel):
    title: Line
    description: Paragraphs = ""
    status: TaskStatus = TaskStatus.OPEN
    priority: TaskPriority = TaskPriority.NORMAL
    due_at: UtcDatetime | None = None
    assignee_id: UUID | None = None
    customer_id: UUID | None = None
    lead_id: UUID | None = None
    module_id: UUID | None = Field(default=None, description="One of your own modules.")


class Task(OfOrganisation, Versioned, Timestamped, TaskBase, Identified, table=True):
    __tablename__ = "tasks"
    __table_args__ = (
        Index(None, "created_at", "id"),
        Index(None, "updated_at", "id"),
        sorted_by("tasks", "title"),
        Index("ix_tasks_due", text(DUE_SQL), "id"),
        Index("ix_tasks_priority", text(PRIORITY_SQL), "id"),
        Index(None, "status", "created_at", "id"),
        Index(None, "assignee_id", "created_at", "id"),
        Index(None, "customer_id", "created_at", "id"),
        Index(None, "lead_id", "created_at", "id"),
        Index(None, "module_id", "created_at", "id"),
    )

    status: TaskStatus = Field(
        default=TaskStatus.OPEN,
        sa_type=enum_type(TaskStatus),
    )
    priority: TaskPriority = Field(sa_type=enum_type(TaskPriority))
    assignee_id: UUID | None = Field(default=None, foreign_key="users.id")
    customer_id: UUID | None = Field(
        default=None,
        foreign_key="customers.id",
        sa_column_kwargs={
            "info": kept(
                "Tasks still refer to this customer: delete them or move them to another customer "
                "first. Or archive the customer."
            )
        },
    )
    lead_id: UUID | None = Field(
        default=None,
        foreign_key="leads.id",
        sa_column_kwargs={
            "info": kept(
                "Tasks still refer to this lead: delete them or detach them from it first."
            )
        },
    )
    module_id: UUID | None = Field(
        default=None, foreign_key="modules.id", sa_column_kwargs={"info": kept(FILLED)}
    )
    completed_at: datetime | None = None
    checklist: list[ChecklistItem] = Field(default=[], sa_type=CHECKLIST)

    def move_to(self, status: TaskStatus) -> None:
        """Change the status; setting the current one changes nothing.

        Raises:
            ConflictError: the transition is not in `TRANSITIONS`.
        """
        if status is self.status:
            return
        if status not in TRANSITIONS[self.status]:
            raise ConflictError(f"A task that is {self.status} can't become {status}.")
        self.status = status
        self.completed_at = now() if status is TaskStatus.DONE else None

    def complete(self) -> None:
        """Raises ConflictError if the task is already done, or cancelled."""
        if self.status is TaskStatus.DONE:
            raise ConflictError("The task is done already.")
        self.move_to(TaskStatus.DONE)

    def reopen(self) -> None:
        """Raises ConflictError unless the task is done or cancelled."""
        if self.status in UNFINISHED:
            raise ConflictError("The task is not finished, so it can't be reopened.")
        self.move_to(TaskStatus.OPEN)


make_searchable(Task, "title", "description")


class TaskCreate(Input, TaskBase):
    model_config = example({**_EXAMPLE, "checklist": [{"text": "Ask for the address"}]})

    checklist: NewChecklist = []


class TaskUpdate(Update):
    """Only the fields that are sent change. The status moves by the allowed transitions."""

    model_config = example({"priority": "urgent", "status": "in_progress"})

    title: Line | MISSING = MISSING
    description: Paragraphs | MISSING = MISSING
    status: TaskStatus | MISSING = MISSING
    priority: TaskPriority | MISSING = MISSING
    due_at: UtcDatetime | None | MISSING = MISSING
    assignee_id: UUID | None | MISSING = MISSING
    customer_id: UUID | None | MISSING = MISSING
    lead_id: UUID | None | MISSING = MISSING
    module_id: UUID | None | MISSING = MISSING


class TaskAssign(Input):
    model_config = example({"assignee_id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e01"})

    assignee_id: UUID | None = Field(description="A user; null: nobody.")


class TaskPublic(Output, Versioned, Timestamped, TaskBase, Identified):
    model_config = example(
        {
            "id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e04",
            **_EXAMPLE,
            "assignee_id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e01",
            "customer_id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e03",
            "lead_id": None,
            "module_id": None,
            "completed_at": None,
            "checklist": [
                {
                    "id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e09",
                    "text": "Ask for the address",
                    "is_done": False,
                }
            ],
            "created_at": "2026-06-01T09:30:00Z",
            "updated_at": "2026-06-01T09:30:00Z",
            "version": 1,
        },
        base=Output,
    )

    completed_at: datetime | None
    checklist: list[ChecklistItem]


class TaskSort(StrEnum):
    CREATED_AT = "created_at"
    CREATED_AT_DESC = "-created_at"
    UPDATED_AT = "updated_at"
    UPDATED_AT_DESC = "-updated_at"
    DUE_AT = "due_at"
    DUE_AT_DESC = "-due_at"
    PRIORITY = "priority"
    PRIORITY_DESC = "-priority"
    TITLE = "title"
    TITLE_DESC = "-title"
    RELEVANCE = "relevance"


class TaskQuery(SearchableQuery):
    sort: TaskSort = TaskSort.CREATED_AT_DESC
    status: Several[TaskStatus] = PydanticField(default=[], description="Any of these statuses.")
    priority: Several[TaskPriority] = PydanticField(
        default=[], description="Any of these priorities."
    )
    assignee_id: UUID | None = None
    customer_id: UUID | None = None
    lead_id: UUID | None = None
    module_id: UUID | None = None
    overdue: bool | None = PydanticField(
        default=None,
        description="Only unfinished tasks past their due date; with false, all others.",
    )
    due_before: UtcDatetime | None = PydanticField(
        default=None, description="Due earlier than this."
    )
    due_after: UtcDatetime | None = PydanticField(
        default=None, description="Due at this moment or later."
    )
