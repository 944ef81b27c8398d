"""The timeline of a customer: its leads, tasks and files in one list."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from backend.models.platform.fields import Several
from backend.models.platform.paging import PageQuery


class TimelineKind(StrEnum):
    LEAD = "lead"
    TASK = "task"
    FILE = "file"


class TimelineEntry(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "task",
                    "id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e04",
                    "title": "Send the offer",
                    "status": "open",
                    "created_at": "2026-06-01T09:30:00Z",
                }
            ]
        }
    )

    kind: TimelineKind
    id: UUID
    title: str
    status: str | None = Field(description="Of a lead or a task; null for a file.")
    created_at: datetime


class TimelineSort(StrEnum):
    CREATED_AT = "created_at"
    CREATED_AT_DESC = "-created_at"


class TimelineQuery(PageQuery):
    sort: TimelineSort = TimelineSort.CREATED_AT_DESC
    kind: Several[TimelineKind] = Field(default=[], description="Any of these kinds.")
