"""The steps that a flow may have, and the edges between them."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import (
    ConfigDict,
    Field,
    Strict,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from backend.models.platform.fields import Flag, Whole
from backend.models.platform.json_values import JsonObject
from backend.models.platform.tagged_bodies import TakenByKind
from backend.models.workflows.crews import Crew
from backend.models.workflows.workflow_parts import (
    AgentProfile,
    Assignment,
    Part,
    Purpose,
    StepName,
    ToolName,
    WorkName,
)


class NodeKind(StrEnum):
    CREW = "crew"
    AGENT = "agent"
    TOOL = "tool"
    CONDITION = "condition"


class FlowNode(Part):
    """A step of a flow."""

    model_config = ConfigDict(extra="ignore")

    name: WorkName
    kind: NodeKind

    def templates(self) -> Iterator[tuple[str, Any]]:
        """Yield the fields that may contain templates, with their values."""
        yield from ()


class CrewNode(FlowNode):
    """A crew as a step: defined inline, or stored as a workflow."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal[NodeKind.CREW]
    crew: Crew | None = None
    workflow_id: UUID | None = Field(default=None, description="The id of a stored crew.")
    number: Whole | None = Field(
        default=None,
        ge=1,
        le=2**31 - 1,
        description="The number of its version. Left out: the active one.",
    )
    input: JsonObject | None = Field(
        default=None,
        description="The input of its tasks; may contain templates. Left out: the flow's.",
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.crew is None) == (self.workflow_id is None):
            raise ValueError("send either crew or workflow_id")
        if self.number is not None and self.workflow_id is None:
            raise ValueError("number is the version of a stored crew: send workflow_id too")
        return self

    def templates(self) -> Iterator[tuple[str, Any]]:
        yield "input", self.input


class AgentNode(FlowNode, AgentProfile):
    """One task for one agent."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal[NodeKind.AGENT]
    task: Assignment = Field(description="May contain templates, such as `{{ steps.find.text }}`.")
    expected_output: Purpose = ""
    output_schema_id: UUID | None = None

    def templates(self) -> Iterator[tuple[str, Any]]:
        yield "task", self.task


class ToolNode(FlowNode):
    """A tool call without a model."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal[NodeKind.TOOL]
    tool: ToolName
    arguments: JsonObject = Field(
        default={},
        description="By the tool's schema. A text of one template becomes its value.",
    )

    def templates(self) -> Iterator[tuple[str, Any]]:
        yield "arguments", self.arguments


class Operator(StrEnum):
    """`exists`: the left side is neither null nor empty."""

    EQ = "eq"
    NE = "ne"
    CONTAINS = "contains"
    GT = "gt"
    LT = "lt"
    EXISTS = "exists"


def _all_faults_at_once(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    """For a union, pydantic would report one error per member type."""
    try:
        return handler(value)
    except ValidationError:
        raise ValueError(
            "must be a text of 1 to 10,000 characters, a number, true or false"
        ) from None


_Number = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Comparable = Annotated[Assignment | _Number | Flag, WrapValidator(_all_faults_at_once)]
"""Keep texts that look like numbers as texts."""


class ConditionNode(FlowNode):
    """A condition: each edge from here has `when`, true or false."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal[NodeKind.CONDITION]
    left: Assignment = Field(
        description="A text that consists of one template is compared as its value."
    )
    operator: Operator
    right: Comparable | None = Field(
        default=None, description="May contain templates; not for `exists`."
    )

    @model_validator(mode="after")
    def _both_sides(self) -> Self:
        if self.operator is Operator.EXISTS and self.right is not None:
            raise ValueError("exists uses only the left side: remove right")
        if self.operator is not Operator.EXISTS and self.right is None:
            raise ValueError(f"{self.operator} needs right to compare with left")
        return self

    def templates(self) -> Iterator[tuple[str, Any]]:
        yield "left", self.left
        yield "right", self.right


AnyNode = Annotated[
    FlowNode,
    TakenByKind(
        FlowNode,
        {
            NodeKind.CREW: CrewNode,
            NodeKind.AGENT: AgentNode,
            NodeKind.TOOL: ToolNode,
            NodeKind.CONDITION: ConditionNode,
        },
    ),
]


class FlowEdge(Part):
    """An edge between two steps."""

    source: StepName = Field(alias="from")
    target: StepName = Field(alias="to")
    when: Flag | None = Field(
        default=None, description="For edges from a condition: the result for which it is followed."
    )
