"""Common parts of the definitions of crews and flows."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from backend.models.platform.fields import STORABLE, Identifier, Line

StepName = Identifier
"""The name of a step, an agent or a task, as used in templates."""

DEFINITION_STEP = "definition"
"""The first step of each run, which stores the definition."""


def _not_taken(name: str) -> str:
    if name == DEFINITION_STEP:
        raise ValueError(f"{name} is the first step of each run: take another name")
    return name


WorkName = Annotated[StepName, AfterValidator(_not_taken)]
"""The name of a task or a step of a flow, under which a run stores its result."""

ToolName = Identifier

PromptName = Annotated[str, StringConstraints(max_length=64), STORABLE]

Purpose = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000), STORABLE]
"""A few sentences; may be empty."""

Assignment = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000), STORABLE
]
"""The instructions of a task."""

MAX_TOOLS = 50


class Part(BaseModel):
    """Base of the parts of a definition. A misspelt field is an error."""

    model_config = ConfigDict(extra="forbid", serialize_by_alias=True, validate_by_name=True)


class AgentProfile(Part):
    """An agent with its tools and its model."""

    role: Line = Field(description="Such as `Researcher`.")
    goal: Purpose = ""
    prompt: PromptName | None = Field(
        default=None, description="The name of a prompt, for more on how to work."
    )
    tools: list[ToolName] = Field(
        default=[], max_length=MAX_TOOLS, description="Names of tools. Left out: none."
    )
    model_config_id: UUID | None = Field(default=None, description="Left out: the default.")
