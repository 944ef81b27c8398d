"""The tokens, calls and cost of an answer."""

from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

EXAMPLE: dict[str, Any] = {
    "model_calls": 2,
    "tool_calls": 1,
    "input_tokens": 812,
    "output_tokens": 64,
    "cost": "0.000331",
}


class Usage(BaseModel):
    """Counted while the answer is written."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [EXAMPLE]},
        json_schema_serialization_defaults_required=True,
    )

    model_calls: int = Field(default=0, ge=0, description="Calls of the model.")
    tool_calls: int = Field(default=0, ge=0)
    input_tokens: int = Field(default=0, ge=0)
    output_tokens: int = Field(default=0, ge=0)
    cost: Decimal | None = Field(
        default=None, description="US dollars; null if the prices of the model are unknown."
    )

    @property
    def tokens(self) -> int:
        return self.input_tokens + self.output_tokens

    def add(self, other: "Usage") -> None:
        self.model_calls += other.model_calls
        self.tool_calls += other.tool_calls
        self.input_tokens += other.input_tokens
        self.output_tokens += other.output_tokens
        if other.cost is not None:
            self.cost = (self.cost or Decimal(0)) + other.cost
