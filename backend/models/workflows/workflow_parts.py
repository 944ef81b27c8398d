"""What definitions of crews and of flows are made of."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from backend.models.platform.fields import STORABLE, Identifier, Line

StepName = Identifier
"""Of a step, an agent or a task, as templates name them."""

DEFINITION_STEP = "definition"
"""The first step of each run, which keeps what runs."""


def _not_taken(name: str) -> str:
    if name == DEFINITION_STEP:
        raise ValueError(f"{name} is the first step of each run: take another name")
    return name


WorkName = Annotated[StepName, AfterValidator(_not_taken)]
"""Of a task or a step of a flow, under which a run keeps what it has done."""

ToolName = Identifier

PromptName = Annotated[str, StringConstraints(max_length=64), STORABLE]

Purpose = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000), STORABLE]
"""A few sentences; may be empty."""

Assignment = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000), STORABLE
]
"""What somebody is asked to do."""

MAX_TOOLS = 50


class Part(BaseModel):
    """Base of what a definition consists of. A misspelt field is an error."""

    model_config = ConfigDict(extra="forbid", serialize_by_alias=True, validate_by_name=True)


class AgentProfile(Part):
    """Who works at something, and with what."""

    role: Line = Field(description="Such as `Researcher`.")
    goal: Purpose = ""
    prompt: PromptName | None = Field(
        default=None, description="The name of a prompt, for more on how to work."
    )
    tools: list[ToolName] = Field(
        default=[], max_length=MAX_TOOLS, description="Names of tools. Left out: none."
    )
    model_config_id: UUID | None = Field(default=None, description="Left out: the default.")
