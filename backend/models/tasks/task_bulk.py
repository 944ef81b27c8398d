"""Changes of many tasks at once."""

from uuid import UUID

from pydantic import BaseModel, Field, field_validator

from backend.models.platform.base import Input, example
from backend.models.platform.fields import Flag, Whole
from backend.models.tasks.tasks import TaskPublic, TaskUpdate

MAX_CHANGES = 100


class TaskChange(Input):
    task_id: UUID
    version: Whole | None = Field(
        default=None,
        ge=1,
        le=2**31 - 1,
        description="The version that you have read, as in If-Match.",
    )
    changes: TaskUpdate


class TaskBulk(Input):
    model_config = example(
        {
            "changes": [
                {
                    "task_id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e04",
                    "version": 1,
                    "changes": {"status": "done"},
                }
            ],
            "all_or_nothing": True,
        }
    )

    changes: list[TaskChange] = Field(min_length=1, max_length=MAX_CHANGES)
    all_or_nothing: Flag = Field(
        default=True, description="If one change is refused, refuse all; otherwise make the others."
    )

    @field_validator("changes")
    @classmethod
    def _once_each(cls, changes: list[TaskChange]) -> list[TaskChange]:
        if len({change.task_id for change in changes}) < len(changes):
            raise ValueError("each task may be named once")
        return changes


class TaskChangeFailure(BaseModel):
    """Why a change was refused: `type`, `title`, `status` and `detail` of a problem."""

    type: str
    title: str
    status: int
    detail: str


class TaskChangeResult(BaseModel):
    """The changed task, or why it was not changed."""

    task_id: UUID
    task: TaskPublic | None
    failure: TaskChangeFailure | None


class TaskBulkResult(BaseModel):
    """One result for each change, in the order in which they were sent."""

    results: list[TaskChangeResult]
