"""Model configurations: a language model with its parameters and limits."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import MISSING, AfterValidator, Field as PydanticField
from sqlalchemy import Index, Numeric, text
from sqlmodel import Field, SQLModel

from backend.core.config import ModelProvider
from backend.models.platform.base import Input, Output, Update, enum_type, example
from backend.models.platform.fields import PLAIN_NUMBER, Flag, Line, Number, Several, Whole
from backend.models.platform.meanings import taken
from backend.models.platform.mixins import Identified, Timestamped, Versioned
from backend.models.platform.organisations import OfOrganisation
from backend.models.platform.paging import PageQuery
from backend.models.platform.sort_keys import sorted_by

_EXAMPLE = {
    "name": "GPT, short answers",
    "provider": "openai",
    "model": "gpt-5-mini",
    "temperature": 0.2,
    "max_output_tokens": 2000,
    "model_calls": 6,
    "tokens": 20000,
    "seconds": 60,
    "cost": "0.2500",
    "is_default": False,
}

NAME_SQL = "lower(name)"

_STORED = Decimal("0.0001")

Temperature = Annotated[
    Number, PydanticField(ge=0, le=2, description="0 to 2; null: the provider's default.")
]
OutputTokens = Annotated[
    Whole,
    PydanticField(ge=1, le=1_000_000, description="For one answer; null: the provider's default."),
]
ModelCalls = Annotated[
    Whole, PydanticField(ge=1, le=100, description="Calls of the model in one request.")
]
Tokens = Annotated[
    Whole,
    PydanticField(ge=100, le=100_000_000, description="Input and output tokens of one request."),
]
Seconds = Annotated[Number, PydanticField(gt=0, le=3600, description="For one request.")]
Cost = Annotated[
    Decimal,
    PydanticField(
        gt=0,
        max_digits=8,
        decimal_places=4,
        description="US dollars for one request, if prices are known.",
    ),
    PLAIN_NUMBER,
    # With the precision of the database column.
    AfterValidator(lambda cost: cost.quantize(_STORED)),
]


class ModelConfigBase(SQLModel):
    """Null limits are those of the settings; others can only narrow them."""

    name: Line
    provider: ModelProvider = Field(description="Its key and address come from the settings.")
    model: Line = Field(description="The provider's name of the model; on Azure, the deployment.")
    temperature: Temperature | None = None
    max_output_tokens: OutputTokens | None = None
    model_calls: ModelCalls | None = None
    tokens: Tokens | None = None
    seconds: Seconds | None = None
    cost: Cost | None = None
    is_default: Flag = Field(
        default=False,
        description="Used when none is named. At most one; without it, the settings apply.",
    )


class ModelConfig(OfOrganisation, Versioned, Timestamped, ModelConfigBase, Identified, table=True):
    __tablename__ = "model_configs"
    __table_args__ = (
        Index(None, "created_at", "id"),
        sorted_by("model_configs", "name"),
        Index(
            "uq_model_configs_name",
            text(NAME_SQL),
            unique=True,
            info=taken("A model configuration with this name already exists."),
        ),
        Index(
            "uq_model_configs_default",
            "is_default",
            unique=True,
            postgresql_where=text("is_default"),
            info=taken(
                "Another model configuration became the default at the same time: try again."
            ),
        ),
    )

    provider: ModelProvider = Field(sa_type=enum_type(ModelProvider))
    cost: Decimal | None = Field(default=None, sa_type=Numeric(8, 4))


class ModelConfigCreate(Input, ModelConfigBase):
    model_config = example(_EXAMPLE)


class ModelConfigUpdate(Update):
    """Only the fields that are sent change. A new default replaces the previous one."""

    model_config = example({"is_default": True})

    name: Line | MISSING = MISSING
    provider: ModelProvider | MISSING = MISSING
    model: Line | MISSING = MISSING
    temperature: Temperature | None | MISSING = MISSING
    max_output_tokens: OutputTokens | None | MISSING = MISSING
    model_calls: ModelCalls | None | MISSING = MISSING
    tokens: Tokens | None | MISSING = MISSING
    seconds: Seconds | None | MISSING = MISSING
    cost: Cost | None | MISSING = MISSING
    is_default: Flag | MISSING = MISSING


class ModelConfigPublic(Output, Versioned, Timestamped, ModelConfigBase, Identified):
    model_config = example(
        {
            "id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e21",
            **_EXAMPLE,
            "created_at": "2026-06-01T09:30:00Z",
            "updated_at": "2026-06-01T09:30:00Z",
            "version": 1,
        },
        base=Output,
    )


class ModelConfigSort(StrEnum):
    CREATED_AT = "created_at"
    CREATED_AT_DESC = "-created_at"
    NAME = "name"
    NAME_DESC = "-name"


class ModelConfigQuery(PageQuery):
    sort: ModelConfigSort = ModelConfigSort.NAME
    provider: Several[ModelProvider] = PydanticField(default=[], description="Any of these.")
