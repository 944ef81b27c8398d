"""Work for the background: what is asked for, and how it went."""

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
    """`failed` is the dead state: there is no further attempt unless somebody asks for one."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class JobFailure(SQLModel, table=True):
    """How the last failed attempt of a job ended. No foreign key: others delete old jobs."""

    __tablename__ = "job_failures"

    job_id: int = Field(
        primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False}
    )
    attempts: int = Field(description="How many there were, the failed one included.")
    crashes: int = Field(
        default=0,
        sa_column_kwargs={"server_default": "0"},
        description="How often its process has died while it ran.",
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
    attempts: int = Field(description="How many have come to an end.")
    args: dict[str, Any]
    cancel_requested: bool = Field(description="It still runs, and was told to stop.")
    scheduled_at: datetime | None = Field(description="Not before this; null: at once.")
    created_at: datetime
    started_at: datetime | None = Field(description="Of the last attempt.")
    finished_at: datetime | None = Field(description="Null until there is no further attempt.")
    last_error: str | None = Field(description="Of the last attempt that failed.")
    last_failed_at: datetime | None


class JobSort(StrEnum):
    """Ids count up: the newest job has the highest."""

    ID = "id"
    ID_DESC = "-id"


class JobQuery(PageQuery):
    sort: JobSort = JobSort.ID_DESC
    status: Several[JobStatus] = PydanticField(default=[], description="Any of these.")
    queue: Several[Queue] = PydanticField(default=[], description="Any of these.")
    task: Term | None = PydanticField(default=None, description="The name of its task.")


@dataclass(frozen=True)
class StalledJob:
    """A job that runs according to the database, while its worker is gone.

    Attributes:
        has_crashed: its worker has died. Otherwise it has lost the database, and can't help it.
        crashes: how often that has happened before.
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
    """What becomes of the jobs of workers that are gone.

    Attributes:
        silence: a worker that was not heard of for so long is gone.
        max_attempts: by queue, how often a job is tried.
        max_crashes: how often a worker may die of a job, or beside it.
        longest_pause: between two attempts.
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
        retrying: jobs that have failed, and pause before their next attempt.
        oldest_seconds: how long the one that has waited longest has, with its pauses; 0 if none
            waits.
    """

    queue: str
    waiting: int = 0
    retrying: int = 0
    running: int = 0
    failed: int = 0
    oldest_seconds: float = 0
