"""Background jobs and their failures."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import Field as PydanticField
from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from backend.models.platform.base import Output, example
from backend.models.platform.fields import Several, Term
from backend.models.platform.job_requests import Queue
from backend.models.platform.mixins import now
from backend.models.platform.paging import PageQuery


class JobStatus(StrEnum):
    """`failed` is the dead state: no further attempt is made unless an admin requests one."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class JobFailure(SQLModel, table=True):
    """The last failed attempt of a job. No foreign key: procrastinate deletes old jobs."""

    __tablename__ = "job_failures"

    job_id: int = Field(
        primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False}
    )
    attempts: int = Field(description="The number of attempts, including the failed one.")
    crashes: int = Field(
        default=0,
        sa_column_kwargs={"server_default": "0"},
        description="How often its process died while it ran.",
    )
    error: str
    failed_at: datetime = Field(default_factory=now)


class JobPublic(Output):
    model_config = example(
        {
            "id": 4711,
            "task": "notify",
            "queue": "events",
            "status": "failed",
            "attempts": 10,
            "args": {"event_id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e10"},
            "cancel_requested": False,
            "scheduled_at": "2026-06-01T09:47:00Z",
            "created_at": "2026-06-01T09:30:00Z",
            "started_at": "2026-06-01T09:47:01Z",
            "finished_at": "2026-06-01T09:47:02Z",
            "last_error": "ConnectionRefusedError: [Errno 111] Connection refused",
            "last_failed_at": "2026-06-01T09:47:02Z",
        },
        base=Output,
    )

    id: int
    task: str
    queue: str
    status: JobStatus
    attempts: int = Field(description="The number of finished attempts.")
    args: dict[str, Any]
    cancel_requested: bool = Field(description="It is still running, and was asked to stop.")
    scheduled_at: datetime | None = Field(description="Not before this; null: immediately.")
    created_at: datetime
    started_at: datetime | None = Field(description="The start of the last attempt.")
    finished_at: datetime | None = Field(
        description="The end of the last attempt; null while attempts remain."
    )
    last_error: str | None = Field(description="The error of the last failed attempt.")
    last_failed_at: datetime | None


class JobSort(StrEnum):
    """Ids are ascending: the newest job has the highest."""

    ID = "id"
    ID_DESC = "-id"


class JobQuery(PageQuery):
    sort: JobSort = JobSort.ID_DESC
    status: Several[JobStatus] = PydanticField(default=[], description="Any of these.")
    queue: Several[Queue] = PydanticField(default=[], description="Any of these.")
    task: Term | None = PydanticField(default=None, description="The name of its task.")


@dataclass(frozen=True)
class StalledJob:
    """A job that is running according to the database, but whose worker is gone.

    Attributes:
        has_crashed: its worker died. Otherwise the worker lost its connection to the database.
        crashes: the number of earlier crashes.
    """

    id: int
    queue: str
    task: str
    args: dict[str, Any]
    attempts: int
    cancel_requested: bool
    is_periodic: bool
    has_crashed: bool
    crashes: int


@dataclass(frozen=True)
class TakeOverRules:
    """Rules for the jobs of workers that are gone.

    Attributes:
        silence: after this long without a heartbeat a worker counts as gone.
        max_attempts: by queue, how often a job is tried.
        max_crashes: how often a worker may die of a job, or beside it.
        longest_pause: the longest pause between two attempts.
    """

    silence: timedelta
    max_attempts: Callable[[str], int]
    max_crashes: int
    longest_pause: timedelta


@dataclass(frozen=True)
class QueueState:
    """One queue at this moment.

    Attributes:
        waiting: jobs that could start now; those for later do not count.
        retrying: failed jobs that wait for their next attempt.
        oldest_seconds: how long the oldest waiting job has waited, including pauses; 0 without one.
    """

    queue: str
    waiting: int = 0
    retrying: int = 0
    running: int = 0
    failed: int = 0
    oldest_seconds: float = 0
