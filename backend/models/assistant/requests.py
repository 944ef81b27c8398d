"""Requests to the assistant and its responses."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, Field as PydanticField, StringConstraints, model_validator
from sqlmodel import Field

from backend.models.assistant.incomplete import IncompleteReason
from backend.models.assistant.message_parts import CallOutcome
from backend.models.assistant.model_usage import EXAMPLE as USAGE_EXAMPLE, Usage
from backend.models.assistant.planned_actions import EXAMPLE as ACTION_EXAMPLE, PlannedActionPublic
from backend.models.platform.base import Input, Output, example
from backend.models.platform.fields import Message, Slug, Text

VariableText = Annotated[Text, StringConstraints(max_length=20_000)]
Variables = Annotated[
    dict[Annotated[Text, StringConstraints(max_length=64)], VariableText],
    PydanticField(max_length=50),
]


class AssistantRequest(Input):
    """A request, or the confirmation of a planned action."""

    model_config = example({"request": "Create a task to call Grace Hopper tomorrow."})

    request: Message | None = None
    confirm: UUID | None = Field(
        default=None, description="The id of a planned action: it is done without asking a model."
    )
    chat_id: UUID | None = Field(
        default=None, description="One of your chats, which this continues."
    )
    module_id: UUID | None = Field(default=None, description="One of your modules, as context.")
    model_config_id: UUID | None = Field(default=None, description="Left out: the default.")
    prompt: Slug | None = Field(
        default=None, description="The name of a prompt; left out: `assistant`."
    )
    variables: Variables = Field(default={}, description="Of the prompt.")
    schema_id: UUID | None = Field(
        default=None, description="The id of a schema: the answer is JSON that fits it."
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.request is None) == (self.confirm is None):
            raise ValueError("send either request or confirm")
        return self


class AnswerStatus(StrEnum):
    """`to_confirm`: an action was planned, and is done when it is confirmed.

    `incomplete`: the answer ended early.
    """

    DONE = "done"
    TO_CONFIRM = "to_confirm"
    INCOMPLETE = "incomplete"


class ToolCallRecord(BaseModel):
    """A tool that was called."""

    tool: str
    arguments: dict[str, Any]
    outcome: CallOutcome
    result: Any


class AssistantResponse(Output):
    model_config = example(
        {
            "status": "to_confirm",
            "text": "I would delete the task Send the offer. Confirm it, please.",
            "output": None,
            "incomplete_reason": None,
            "actions": [
                {
                    "tool": "delete_task",
                    "arguments": ACTION_EXAMPLE["arguments"],
                    "outcome": "to_confirm",
                    "result": {"action_id": ACTION_EXAMPLE["id"]},
                }
            ],
            "planned": [ACTION_EXAMPLE],
            "model": "offline",
            "usage": USAGE_EXAMPLE,
            "chat_id": None,
            "message_id": None,
        },
        base=Output,
    )

    status: AnswerStatus
    text: str
    output: dict[str, Any] | None = Field(description="Present if a schema was requested.")
    incomplete_reason: IncompleteReason | None = Field(
        default=None, description="Why the answer ended early, whatever the status."
    )
    actions: list[ToolCallRecord] = Field(description="In the order of their execution.")
    planned: list[PlannedActionPublic] = Field(
        description="The action that waits for you: send its id as `confirm`."
    )
    model: str | None = Field(description="Null if no model was asked.")
    usage: Usage
    chat_id: UUID | None
    message_id: UUID | None


class AssistantUsage(Output):
    """Your usage of today (UTC), including requests in progress, and your limits."""

    model_config = example(
        {
            "model_calls": 12,
            "tokens": 10231,
            "seconds": 21.5,
            "cost": "0.012",
            "max_model_calls": 500,
            "max_tokens": 2000000,
            "max_seconds": 7200.0,
            "max_cost": "10",
        },
        base=Output,
    )

    model_calls: int
    tokens: int
    seconds: float
    cost: Decimal
    max_model_calls: int
    max_tokens: int
    max_seconds: float
    max_cost: Decimal
