"""Executions: a person's long-running work in the background."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import Field as PydanticField
from sqlalchemy import BigInteger, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from backend.core.errors import ConflictError
from backend.core.permissions import Principal
from backend.models.platform.base import Input, Output, enum_type, example
from backend.models.platform.fields import Line, Several, Term
from backend.models.platform.mixins import Identified, Timestamped, Versioned, now
from backend.models.platform.organisations import OfOrganisation
from backend.models.platform.paging import PageQuery
from backend.models.platform.personal import personal


class ExecutionStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


ACTIVE = (ExecutionStatus.PENDING, ExecutionStatus.RUNNING)


class ExecutionBase(SQLModel):
    kind: str
    name: Line
    status: ExecutionStatus = ExecutionStatus.PENDING
    progress_done: int = Field(
        default=0, ge=0, description="How much is done, in units that depend on the kind."
    )
    progress_total: int | None = Field(default=None, description="Null while unknown.")
    progress_message: str = ""
    error: str | None = Field(default=None, description="Why it failed or must be retried.")
    attempts: int = Field(default=0, description="How many attempts have begun; a crash costs one.")
    started_at: datetime | None = Field(default=None, description="The start of the first attempt.")
    finished_at: datetime | None = None


class Execution(OfOrganisation, Versioned, Timestamped, ExecutionBase, Identified, table=True):
    """An execution. While it is leased, only the attempt with its number may write it.

    Attributes:
        leased_until: the worker has crashed if this has passed, by the clock of the database, or
            lies further ahead than a lease is long. Renewed without a new version.
        job_id: of its latest job.
        key_id: of the API key with whose rights it runs. No foreign key: without the key it has
            none, rather than all of its owner.
        impersonator_id: of the admin who has started or last retried it in place of its owner.
    """

    __tablename__ = "executions"
    __table_args__ = (
        Index(None, "owner_id", "created_at", "id"),
        Index(None, "owner_id", "name", "id"),
        Index(
            "ix_executions_active", "id", postgresql_where=text("status IN ('pending', 'running')")
        ),
    )

    status: ExecutionStatus = Field(
        default=ExecutionStatus.PENDING, sa_type=enum_type(ExecutionStatus)
    )
    owner_id: UUID = Field(foreign_key="users.id", sa_column_kwargs={"info": personal()})
    inputs: dict[str, Any] = Field(sa_type=JSONB)
    result: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    job_id: int | None = Field(default=None, sa_type=BigInteger)
    key_id: UUID | None = None
    impersonator_id: UUID | None = None
    leased_until: datetime | None = None
    cancel_requested_at: datetime | None = None

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE

    def is_open_to(self, by: Principal) -> bool:
        """Whether its owner reaches it: with a key that is narrowed, what that key has started."""
        return self.key_id == by.key_id or by.reaches_own()

    def is_run_by(self, attempt: int) -> bool:
        return self.status is ExecutionStatus.RUNNING and self.attempts == attempt

    def is_of_job(self, job_id: int | None) -> bool:
        """False if it has a later job than this. None stands for any job."""
        return job_id is None or self.job_id in (None, job_id)

    def report(self, done: int, total: int | None, message: str) -> None:
        self.progress_done = done
        self.progress_total = total
        self.progress_message = message

    def finish(
        self,
        status: ExecutionStatus,
        *,
        result: dict[str, Any] | None = None,
        error: str | None = None,
    ) -> None:
        self.status = status
        self.result = result
        self.error = error
        self.finished_at = now()
        self.leased_until = None
        if status is ExecutionStatus.COMPLETED and self.progress_total is None:
            self.progress_total = self.progress_done

    def hand_back(self, error: str | None = None) -> None:
        """Let the next attempt begin at once."""
        self.status = ExecutionStatus.PENDING
        self.error = error
        self.leased_until = None

    def request_cancel(self, *, is_leased: bool) -> bool:
        """Cancel what nobody works at, and ask whoever works to stop. True if it has ended.

        `is_leased` is whether somebody has a lease of it that holds.

        Raises:
            ConflictError: it has completed or failed.
        """
        if not self.is_active:
            raise ConflictError(f"It is {self.status}, so there is nothing to cancel.")
        self.cancel_requested_at = self.cancel_requested_at or now()
        if self.status is ExecutionStatus.RUNNING and is_leased:
            return False
        self.finish(ExecutionStatus.CANCELLED)
        return True

    def restart(self) -> None:
        """Raises ConflictError unless it has failed or was cancelled."""
        if self.status not in {ExecutionStatus.FAILED, ExecutionStatus.CANCELLED}:
            raise ConflictError(
                f"It is {self.status}: only failed or cancelled executions can be retried."
            )
        self.hand_back()
        self.report(0, None, "")
        self.cancel_requested_at = None
        self.started_at = None
        self.finished_at = None


EXAMPLE: dict[str, Any] = {
    "id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e11",
    "kind": "report",
    "name": "Unfinished tasks by age",
    "status": "completed",
    "progress_done": 1,
    "progress_total": 1,
    "progress_message": "",
    "error": None,
    "attempts": 1,
    "started_at": "2026-06-01T09:30:00Z",
    "finished_at": "2026-06-01T09:30:02Z",
    "created_at": "2026-06-01T09:30:00Z",
    "updated_at": "2026-06-01T09:30:02Z",
    "version": 3,
    "owner_id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e01",
    "job_id": 7,
    "key_id": None,
    "cancel_requested_at": None,
}


class ExecutionListed(Output, Versioned, Timestamped, ExecutionBase, Identified):
    """Without inputs and result, which may be large."""

    model_config = example(EXAMPLE, base=Output)

    owner_id: UUID
    job_id: int | None = Field(description="The id of its job, for admins.")
    key_id: UUID | None = Field(
        description="The API key that has started or last retried it, with whose rights it runs."
    )
    cancel_requested_at: datetime | None


class ExecutionPublic(ExecutionListed):
    """`inputs` and `result` are those of the kind."""

    inputs: dict[str, Any]
    result: dict[str, Any] | None


class ExecutionState(Output):
    """The state and progress of an execution: the data of its events."""

    model_config = example(
        {
            "id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e11",
            "version": 4,
            "status": "running",
            "progress_done": 3,
            "progress_total": 8,
            "progress_message": "Counting the tasks",
            "attempts": 1,
            "error": None,
            "summary": {},
        },
        base=Output,
    )

    id: UUID
    version: int
    status: ExecutionStatus
    progress_done: int
    progress_total: int | None
    progress_message: str
    attempts: int
    error: str | None
    summary: dict[str, Any] = Field(
        description="The short parts of the result: numbers, texts and flags."
    )

    @classmethod
    def of(cls, execution: Execution) -> "ExecutionState":
        result = execution.result or {}
        short = {name: each for name, each in result.items() if not isinstance(each, dict | list)}
        return cls(**execution.model_dump(include=set(cls.model_fields)), summary=short)


class ExecutionDraft(Input):
    """A request of any kind. `models/execution_bodies.py` adds the inputs of all kinds."""

    kind: str
    inputs: Any


class ExecutionCreate(ExecutionDraft):
    name: Line | None = Field(default=None, description="Left out: derived from kind and inputs.")


class ExecutionName(Output):
    model_config = example({"name": "Unfinished tasks by age"}, base=Output)

    name: str


class ExecutionSort(StrEnum):
    CREATED_AT = "created_at"
    CREATED_AT_DESC = "-created_at"
    NAME = "name"
    NAME_DESC = "-name"


class ExecutionQuery(PageQuery):
    sort: ExecutionSort = ExecutionSort.CREATED_AT_DESC
    kind: list[Term] = PydanticField(default=[], description="Any of these kinds.", max_length=20)
    status: Several[ExecutionStatus] = PydanticField(
        default=[], description="Any of these statuses."
    )
