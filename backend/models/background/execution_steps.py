"""The finished steps of executions, which no later attempt repeats."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from backend.models.platform.base import Output, example
from backend.models.platform.meanings import never_taken
from backend.models.platform.mixins import Identified
from backend.models.platform.organisations import OfOrganisation
from backend.models.platform.paging import PageQuery


class ExecutionStepBase(SQLModel):
    name: str
    position: int = Field(description="Counts from 1, in the order in which they finished.")
    result: dict[str, Any] = Field(default_factory=dict)
    started_at: datetime
    finished_at: datetime


class ExecutionStep(OfOrganisation, ExecutionStepBase, Identified, table=True):
    __tablename__ = "execution_steps"
    __table_args__ = (
        UniqueConstraint("execution_id", "name", info=never_taken("existing rows are skipped")),
        Index(None, "execution_id", "position", "id"),
    )

    execution_id: UUID = Field(foreign_key="executions.id", ondelete="CASCADE")
    result: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)


class ExecutionStepPublic(Output, ExecutionStepBase, Identified):
    model_config = example(
        {
            "id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e12",
            "name": "count",
            "position": 1,
            "result": {"tasks": 42},
            "started_at": "2026-06-01T09:30:00Z",
            "finished_at": "2026-06-01T09:30:02Z",
        },
        base=Output,
    )


class ExecutionStepSort(StrEnum):
    POSITION = "position"
    POSITION_DESC = "-position"


class ExecutionStepQuery(PageQuery):
    sort: ExecutionStepSort = ExecutionStepSort.POSITION
