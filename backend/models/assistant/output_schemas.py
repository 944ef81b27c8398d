"""Output schemas: JSON Schemas for structured answers of language models."""

from enum import StrEnum
from typing import Any

from pydantic import MISSING
from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from backend.models.assistant.json_schemas import JsonSchema
from backend.models.platform.base import Input, Output, Update, example
from backend.models.platform.fields import Paragraphs, Slug
from backend.models.platform.meanings import taken
from backend.models.platform.mixins import Identified, Timestamped, Versioned
from backend.models.platform.organisations import OfOrganisation
from backend.models.platform.paging import PageQuery
from backend.models.platform.sort_keys import sorted_by

_JSON_SCHEMA = {
    "type": "object",
    "properties": {"score": {"type": "integer", "minimum": 0, "maximum": 100}},
    "required": ["score"],
    "additionalProperties": False,
}
_EXAMPLE = {"name": "score", "description": "One number.", "json_schema": _JSON_SCHEMA}


class OutputSchemaBase(SQLModel):
    name: Slug
    description: Paragraphs = ""


class OutputSchema(
    OfOrganisation, Versioned, Timestamped, OutputSchemaBase, Identified, table=True
):
    __tablename__ = "output_schemas"
    __table_args__ = (
        UniqueConstraint("name", info=taken("A schema with this name already exists.")),
        Index(None, "created_at", "id"),
        Index(None, "updated_at", "id"),
        sorted_by("output_schemas", "name"),
    )

    json_schema: dict[str, Any] = Field(sa_type=JSONB)


class OutputSchemaCreate(Input, OutputSchemaBase):
    model_config = example(_EXAMPLE)

    json_schema: JsonSchema


class OutputSchemaUpdate(Update):
    """Only the fields that are sent change. A schema is replaced as a whole."""

    model_config = example({"description": "One number, the higher the better."})

    name: Slug | MISSING = MISSING
    description: Paragraphs | MISSING = MISSING
    json_schema: JsonSchema | MISSING = MISSING


class OutputSchemaPublic(Output, Versioned, Timestamped, OutputSchemaBase, Identified):
    model_config = example(
        {
            "id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e25",
            **_EXAMPLE,
            "created_at": "2026-06-01T09:30:00Z",
            "updated_at": "2026-06-01T09:30:00Z",
            "version": 1,
        },
        base=Output,
    )

    json_schema: dict[str, Any]


class OutputSchemaSort(StrEnum):
    NAME = "name"
    NAME_DESC = "-name"
    CREATED_AT = "created_at"
    CREATED_AT_DESC = "-created_at"
    UPDATED_AT = "updated_at"
    UPDATED_AT_DESC = "-updated_at"


class OutputSchemaQuery(PageQuery):
    sort: OutputSchemaSort = OutputSchemaSort.NAME
