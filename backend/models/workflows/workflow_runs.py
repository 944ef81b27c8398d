"""Inputs, step traces and results of runs of crews and flows."""

from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field as PydanticField, model_validator
from sqlmodel import Field

from backend.models.assistant.incomplete import IncompleteReason
from backend.models.assistant.model_usage import EXAMPLE as USAGE_EXAMPLE, Usage
from backend.models.assistant.requests import ToolCallRecord
from backend.models.platform.base import Input, Output, example
from backend.models.platform.fields import Whole
from backend.models.platform.json_values import JsonObject
from backend.models.workflows.crews import CREW_EXAMPLE, Crew
from backend.models.workflows.flows import FLOW_EXAMPLE, Flow


class WorkflowInputs(Input):
    """A stored definition, or an inline one."""

    workflow_id: UUID | None = Field(default=None, description="The id of a stored workflow.")
    number: Whole | None = Field(
        default=None,
        ge=1,
        le=2**31 - 1,
        description="The number of its version. Left out: the one active at the start.",
    )
    definition: Any = None
    input: JsonObject = Field(default={}, description="The values for templates and tasks.")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.workflow_id is None) == (self.definition is None):
            raise ValueError("send either workflow_id or definition")
        if self.number is not None and self.workflow_id is None:
            raise ValueError("number is the version of a workflow: send workflow_id too")
        return self


class CrewInputs(WorkflowInputs):
    model_config = example({"definition": CREW_EXAMPLE, "input": {"person": "Emma Lindqvist"}})

    definition: Crew | None = None


class FlowInputs(WorkflowInputs):
    model_config = example({"definition": FLOW_EXAMPLE, "input": {"about": "renewal"}})

    definition: Flow | None = None


class StepTrace(BaseModel):
    """The stored trace of a step.

    Attributes:
        output: JSON according to a schema, the result of a tool, or of a condition.
        incomplete_reason: why an answer ended early.
        seconds: how long it took.
    """

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    text: str
    output: Any = None
    incomplete_reason: IncompleteReason | None = None
    actions: list[ToolCallRecord] = []
    usage: Usage = PydanticField(default_factory=Usage)
    model: str | None = None
    seconds: float = 0


class StepStatus(StrEnum):
    """`skipped`: no path through the conditions led there."""

    DONE = "done"
    SKIPPED = "skipped"


class StepOutcome(BaseModel):
    """A summary of a step: the steps of the execution have all of it."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    status: StepStatus
    text: str = PydanticField(description="Only the beginning of a long text.")
    incomplete_reason: IncompleteReason | None = PydanticField(
        default=None, description="Why the answer ended early."
    )


class WorkflowResult(Output):
    model_config = example(
        {
            "output": "I have created the task.",
            "incomplete_reason": None,
            "results": {
                "research": {
                    "status": "done",
                    "text": "One customer: ...",
                    "incomplete_reason": None,
                },
                "follow_up": {
                    "status": "done",
                    "text": "I have created the task.",
                    "incomplete_reason": None,
                },
            },
            "planned": [],
            "usage": USAGE_EXAMPLE,
        },
        base=Output,
    )

    output: str = Field(description="The texts of the last steps.")
    incomplete_reason: IncompleteReason | None = Field(
        default=None, description="Why one of them ended early."
    )
    results: dict[str, StepOutcome] = Field(description="The steps, by name.")
    planned: list[UUID] = Field(
        description="Actions that wait for you: `POST /agent/act` with the id as `confirm`."
    )
    usage: Usage = Field(description="The usage of all steps.")
