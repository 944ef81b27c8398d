"""Modules: a person's own workspaces, in an order of their choice."""

from collections.abc import Iterable
from enum import StrEnum
from uuid import UUID

from pydantic import MISSING
from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from backend.models.platform.base import Input, Output, Update, example
from backend.models.platform.fields import Line, Paragraphs
from backend.models.platform.mixins import Identified, Timestamped, Versioned
from backend.models.platform.organisations import OfOrganisation
from backend.models.platform.paging import PageQuery
from backend.models.platform.personal import personal

_EXAMPLE = {"title": "Spring campaign", "description": "All that belongs to it."}

FILLED = "Something was added to this module at the same time: delete it again."
MAX_MODULES = 200
"""How many one person may have, so that one request can reorder them all."""


class ModuleBase(SQLModel):
    title: Line
    description: Paragraphs = ""


class Module(OfOrganisation, Versioned, Timestamped, ModuleBase, Identified, table=True):
    __tablename__ = "modules"
    __table_args__ = (
        Index(None, "owner_id", "position", "id"),
        Index(None, "owner_id", "created_at", "id"),
    )

    position: int
    owner_id: UUID = Field(foreign_key="users.id", sa_column_kwargs={"info": personal()})

    def private_fields(self) -> Iterable[str]:
        return ModuleBase.model_fields


class ModuleCreate(Input, ModuleBase):
    model_config = example(_EXAMPLE)


class ModuleUpdate(Update):
    """Only the fields that are sent change."""

    model_config = example({"title": "Summer campaign"})

    title: Line | MISSING = MISSING
    description: Paragraphs | MISSING = MISSING


class ModuleOrder(Input):
    """All of your modules, first to last."""

    model_config = example({"module_ids": ["01976d5e-8f60-7c3a-9b52-5d1f0a6c7e07"]})

    module_ids: list[UUID] = Field(min_length=1, max_length=MAX_MODULES)


class ModulePublic(Output, Versioned, Timestamped, ModuleBase, Identified):
    model_config = example(
        {
            "id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e07",
            **_EXAMPLE,
            "position": 1,
            "owner_id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e01",
            "created_at": "2026-06-01T09:30:00Z",
            "updated_at": "2026-06-01T09:30:00Z",
            "version": 1,
        },
        base=Output,
    )

    position: int = Field(description="Counts from 1. Change it by `POST /modules/reorder`.")
    owner_id: UUID


class ModuleSort(StrEnum):
    POSITION = "position"
    POSITION_DESC = "-position"
    CREATED_AT = "created_at"
    CREATED_AT_DESC = "-created_at"


class ModuleQuery(PageQuery):
    sort: ModuleSort = ModuleSort.POSITION
