"""Workflows: the stored crews and flows of the team."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import MISSING, Field as PydanticField
from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel
from typing_extensions import TypeAliasType

from backend.models.platform.base import Input, Output, Update, enum_type, example
from backend.models.platform.fields import Line, Paragraphs, Several, Whole
from backend.models.platform.full_text import make_searchable
from backend.models.platform.meanings import taken
from backend.models.platform.mixins import Identified, Timestamped, Versioned
from backend.models.platform.organisations import OfOrganisation
from backend.models.platform.paging import SearchableQuery
from backend.models.platform.sort_keys import sorted_by
from backend.models.platform.tagged_bodies import ShownByKind, TakenByKind
from backend.models.workflows.crews import CREW_EXAMPLE, Crew
from backend.models.workflows.flows import FLOW_EXAMPLE, Flow

_CREW = {
    "kind": "crew",
    "name": "Research and follow up",
    "description": "Looks somebody up, and makes a task to call them.",
}
_FLOW = {
    "kind": "flow",
    "name": "Summary of open tasks",
    "description": "Finds open tasks, and sums them up if there are any.",
}


class WorkflowKind(StrEnum):
    CREW = "crew"
    FLOW = "flow"


class WorkflowBase(SQLModel):
    kind: WorkflowKind
    name: Line
    description: Paragraphs = ""


class Workflow(OfOrganisation, Versioned, Timestamped, WorkflowBase, Identified, table=True):
    """
    Attributes:
        definition: a copy of the active version's, so that one statement reads all.
    """

    __tablename__ = "workflows"
    __table_args__ = (
        Index(None, "created_at", "id"),
        sorted_by("workflows", "name"),
        Index(
            "uq_workflows_kind_name",
            "kind",
            text("lower(name)"),
            unique=True,
            info=taken("A workflow of this kind with this name already exists."),
        ),
    )

    kind: WorkflowKind = Field(sa_type=enum_type(WorkflowKind))
    active_number: int = 1
    last_number: int = 1
    definition: dict[str, Any] = Field(sa_type=JSONB)

    def use(self, number: int, definition: dict[str, Any]) -> None:
        """Make this version the active one."""
        self.active_number = number
        self.definition = definition

    def facts(self) -> dict[str, Any]:
        """Leave out the definition, which may be long: its versions never change."""
        return self.model_dump(
            mode="json", include={"kind", "name", "description", "active_number", "last_number"}
        )


make_searchable(Workflow, "name", "description")


class WorkflowCreate(Input, WorkflowBase):
    definition: Any


class CrewWorkflowCreate(WorkflowCreate):
    model_config = example(_CREW | {"definition": CREW_EXAMPLE})

    kind: Literal[WorkflowKind.CREW]
    definition: Crew


class FlowWorkflowCreate(WorkflowCreate):
    model_config = example(_FLOW | {"definition": FLOW_EXAMPLE})

    kind: Literal[WorkflowKind.FLOW]
    definition: Flow


class WorkflowUpdate(Update):
    """Only the fields that are sent change. A new definition is a new version."""

    model_config = example({"description": "Run it on Mondays."})

    name: Line | MISSING = MISSING
    description: Paragraphs | MISSING = MISSING


class WorkflowActivation(Input):
    model_config = example({"number": 1})

    number: Whole = Field(ge=1, le=2**31 - 1, description="The number of the version to activate.")


_STORED = {
    "id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e31",
    "active_number": 1,
    "last_number": 1,
    "created_at": "2026-06-01T09:30:00Z",
    "updated_at": "2026-06-01T09:30:00Z",
    "version": 1,
}


class WorkflowListed(Output, Versioned, Timestamped, WorkflowBase, Identified):
    """A workflow without its definition."""

    model_config = example(_CREW | _STORED, base=Output)

    active_number: int = Field(description="The number of the active version.")
    last_number: int = Field(description="The number of the newest version.")


class WorkflowPublic(WorkflowListed):
    """A workflow with the definition of the active version."""

    definition: Any


class CrewWorkflow(WorkflowPublic):
    model_config = example(_CREW | _STORED | {"definition": CREW_EXAMPLE}, base=Output)

    kind: Literal[WorkflowKind.CREW]
    definition: Crew


class FlowWorkflow(WorkflowPublic):
    model_config = example(_FLOW | _STORED | {"definition": FLOW_EXAMPLE}, base=Output)

    kind: Literal[WorkflowKind.FLOW]
    definition: Flow


_CREATES = {"crew": CrewWorkflowCreate, "flow": FlowWorkflowCreate}
_PUBLICS = {"crew": CrewWorkflow, "flow": FlowWorkflow}

AnyWorkflowCreate = Annotated[WorkflowCreate, TakenByKind(WorkflowCreate, _CREATES)]
AnyWorkflow = TypeAliasType(
    "AnyWorkflow", Annotated[WorkflowPublic, ShownByKind(WorkflowPublic, _PUBLICS)]
)


class WorkflowSort(StrEnum):
    CREATED_AT = "created_at"
    CREATED_AT_DESC = "-created_at"
    NAME = "name"
    NAME_DESC = "-name"
    RELEVANCE = "relevance"


class WorkflowQuery(SearchableQuery):
    sort: WorkflowSort = WorkflowSort.CREATED_AT_DESC
    kind: Several[WorkflowKind] = PydanticField(default=[], description="Any of these kinds.")
