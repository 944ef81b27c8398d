"""Tools: what the assistant may do. The code defines them; admins switch them on and off."""

from enum import StrEnum
from typing import Any

from pydantic import MISSING
from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from backend.models.platform.base import Output, Update, example
from backend.models.platform.fields import Flag
from backend.models.platform.meanings import never_taken
from backend.models.platform.mixins import Identified, Timestamped, Versioned
from backend.models.platform.organisations import OfOrganisation
from backend.models.platform.paging import PageQuery
from backend.models.platform.sort_keys import sorted_by


class ToolBase(SQLModel):
    name: str = Field(description="The name by which the model calls it.")
    description: str = Field(description="The description given to the model.")
    parameters: dict[str, Any] = Field(description="A JSON schema.")
    permission: str = Field(description="The tool is offered only to those who have it.")
    is_destructive: bool = Field(description="Whether it needs confirmation.")
    is_enabled: bool = Field(default=True, description="Whether it is offered to the model.")


class Tool(OfOrganisation, Versioned, Timestamped, ToolBase, Identified, table=True):
    __tablename__ = "tools"
    __table_args__ = (
        UniqueConstraint("name", info=never_taken("existing rows are skipped")),
        Index(None, "created_at", "id"),
        sorted_by("tools", "name"),
    )

    parameters: dict[str, Any] = Field(sa_type=JSONB)


class ToolUpdate(Update):
    """All other columns come from the code."""

    model_config = example({"is_enabled": False})

    is_enabled: Flag | MISSING = MISSING


class ToolPublic(Output, Versioned, Timestamped, ToolBase, Identified):
    model_config = example(
        {
            "id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e22",
            "name": "complete_task",
            "description": "Mark a task as done.",
            "parameters": {
                "type": "object",
                "properties": {"task_id": {"type": "string", "format": "uuid"}},
                "required": ["task_id"],
            },
            "permission": "tasks:write",
            "is_destructive": False,
            "is_enabled": True,
            "created_at": "2026-06-01T09:30:00Z",
            "updated_at": "2026-06-01T09:30:00Z",
            "version": 1,
        },
        base=Output,
    )


class ToolSort(StrEnum):
    NAME = "name"
    NAME_DESC = "-name"
    CREATED_AT = "created_at"
    CREATED_AT_DESC = "-created_at"


class ToolQuery(PageQuery):
    sort: ToolSort = ToolSort.NAME
    is_enabled: bool | None = None
