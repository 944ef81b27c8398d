"""Reports: counts of leads and tasks, made by executions of the kind `report`."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Field

from backend.models.platform.base import Input, Output, example
from backend.models.platform.fields import UtcDatetime
from backend.models.sales.leads import PipelineStage
from backend.models.tasks.tasks import TaskStatus


class ReportName(StrEnum):
    LEADS_PIPELINE = "leads_pipeline"
    TASKS_BY_AGE = "tasks_by_age"


class Age(StrEnum):
    """The age of a task."""

    DAY = "up to a day"
    WEEK = "up to a week"
    MONTH = "up to 30 days"
    QUARTER = "up to 90 days"
    OLDER = "older"


DAYS = {Age.DAY: 1, Age.WEEK: 7, Age.MONTH: 30, Age.QUARTER: 90}
"""Anything older is `Age.OLDER`."""


class ReportFilter(Input):
    person_id: UUID | None = Field(
        default=None, description="Only the leads of this user, or the tasks assigned to them."
    )
    created_after: UtcDatetime | None = Field(
        default=None, description="Created at this moment or later."
    )
    created_before: UtcDatetime | None = Field(
        default=None, description="Created earlier than this."
    )


class ReportInputs(ReportFilter):
    model_config = example({"report": "tasks_by_age"})

    report: ReportName


class TasksOfAge(Output):
    """Unfinished tasks with the same age, status and assignee."""

    age: Age
    status: TaskStatus
    assignee_id: UUID | None
    count: int


class ReportResult(Output):
    model_config = example(
        {
            "report": "tasks_by_age",
            "as_of": "2026-06-01T09:30:00Z",
            "count": 2,
            "stages": [],
            "tasks": [
                {
                    "age": "up to a week",
                    "status": "open",
                    "assignee_id": None,
                    "count": 2,
                }
            ],
        },
        base=Output,
    )

    report: ReportName
    as_of: datetime
    count: int = Field(description="The number of all leads or unfinished tasks counted.")
    stages: list[PipelineStage] = Field(default=[], description="For `leads_pipeline`.")
    tasks: list[TasksOfAge] = Field(default=[], description="For `tasks_by_age`.")
