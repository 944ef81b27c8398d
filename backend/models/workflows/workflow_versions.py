"""The versions of a workflow's definition. They never change."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from backend.models.platform.base import Input, Output, example
from backend.models.platform.fields import Flag
from backend.models.platform.meanings import never_taken
from backend.models.platform.mixins import Identified, now
from backend.models.platform.organisations import OfOrganisation
from backend.models.platform.paging import PageQuery
from backend.models.platform.tagged_bodies import TakenByKind
from backend.models.workflows.crews import CREW_EXAMPLE, Crew
from backend.models.workflows.flows import FLOW_EXAMPLE, Flow
from backend.models.workflows.workflows import WorkflowKind

_EXAMPLE: dict[str, Any] = {
    "id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e32",
    "workflow_id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e31",
    "number": 1,
    "created_by": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e01",
    "created_at": "2026-06-01T09:30:00Z",
}


class WorkflowVersionBase(SQLModel):
    workflow_id: UUID
    number: int = Field(description="Counts from 1.")
    created_by: UUID
    created_at: datetime = Field(default_factory=now)


class WorkflowVersion(OfOrganisation, WorkflowVersionBase, Identified, table=True):
    __tablename__ = "workflow_versions"
    __table_args__ = (
        UniqueConstraint(
            "workflow_id",
            "number",
            info=never_taken("the numbers are assigned while a row is locked"),
        ),
        Index(None, "workflow_id", "number", "id"),
    )

    workflow_id: UUID = Field(foreign_key="workflows.id", ondelete="CASCADE")
    created_by: UUID = Field(foreign_key="users.id")
    definition: dict[str, Any] = Field(sa_type=JSONB)


class WorkflowVersionCreate(Input):
    """A new definition."""

    kind: WorkflowKind = Field(description="The kind of the workflow.")
    definition: Any
    activate: Flag = Field(default=True, description="Whether it becomes the active version.")


class CrewVersionCreate(WorkflowVersionCreate):
    model_config = example({"kind": "crew", "definition": CREW_EXAMPLE})

    kind: Literal[WorkflowKind.CREW]
    definition: Crew


class FlowVersionCreate(WorkflowVersionCreate):
    model_config = example({"kind": "flow", "definition": FLOW_EXAMPLE})

    kind: Literal[WorkflowKind.FLOW]
    definition: Flow


_CREATES = {"crew": CrewVersionCreate, "flow": FlowVersionCreate}

AnyWorkflowVersionCreate = Annotated[
    WorkflowVersionCreate, TakenByKind(WorkflowVersionCreate, _CREATES)
]


class WorkflowVersionListed(Output, WorkflowVersionBase, Identified):
    """A version without its definition."""

    model_config = example(_EXAMPLE, base=Output)


class WorkflowVersionPublic(WorkflowVersionListed):
    model_config = example(_EXAMPLE | {"definition": CREW_EXAMPLE}, base=Output)

    definition: dict[str, Any] = Field(description="The definition of a crew or a flow, as stored.")


class WorkflowVersionSort(StrEnum):
    NUMBER = "number"
    NUMBER_DESC = "-number"


class WorkflowVersionQuery(PageQuery):
    sort: WorkflowVersionSort = WorkflowVersionSort.NUMBER_DESC
