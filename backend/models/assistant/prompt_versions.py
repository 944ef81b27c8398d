"""Versions of prompts. They never change."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field as PydanticField
from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.models.assistant.prompt_templates import (
    MAX_VARIABLES,
    VARIABLES,
    PromptText,
    PromptTextInput,
    PromptVariable,
)
from backend.models.platform.base import Input, Output, example
from backend.models.platform.fields import Flag, Paragraphs
from backend.models.platform.meanings import never_taken
from backend.models.platform.mixins import Identified, now
from backend.models.platform.organisations import OfOrganisation
from backend.models.platform.paging import PageQuery

TEXT_EXAMPLE = {
    "template": "You help {{ person }} of our team. Today is {{ today }}.",
    "variables": [
        {"name": "person", "description": "Who asks.", "default": None},
        {"name": "today", "description": "Such as 2026-06-01.", "default": None},
    ],
}
_LISTED = {
    "id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e24",
    "prompt_id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e23",
    "number": 1,
    "created_at": "2026-06-01T09:30:00Z",
    "created_by": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e01",
}

VersionNumber = Annotated[int, PydanticField(strict=True, ge=1, le=2**31 - 1)]


class PromptVersionBase(SQLModel):
    number: int = Field(description="Counts from 1 within the prompt.")
    created_at: datetime = Field(default_factory=now)
    created_by: UUID | None = Field(default=None, description="Null: the program itself.")


class PromptVersion(OfOrganisation, PromptText, PromptVersionBase, Identified, table=True):
    __tablename__ = "prompt_versions"
    __table_args__ = (
        UniqueConstraint(
            "prompt_id",
            "number",
            info=never_taken("the numbers are assigned while a row is locked"),
        ),
    )

    prompt_id: UUID = Field(foreign_key="prompts.id", ondelete="CASCADE")
    variables: list[PromptVariable] = Field(sa_type=VARIABLES)
    created_by: UUID | None = Field(default=None, foreign_key="users.id")


class PromptVersionCreate(PromptTextInput):
    model_config = example({**TEXT_EXAMPLE, "activate": True})

    activate: Flag = Field(default=True, description="Whether this becomes the active version.")


class PromptActivate(Input):
    model_config = example({"number": 1})

    number: VersionNumber


class PromptRender(Input):
    """Values by the name of their variable. Those with a default may be left out."""

    model_config = example({"variables": {"person": "Grace Hopper", "today": "2026-06-01"}})

    variables: dict[str, Paragraphs] = Field(default_factory=dict, max_length=MAX_VARIABLES)
    number: VersionNumber | None = Field(
        default=None, description="The version number; left out: the active version."
    )


class RenderedPrompt(Output):
    model_config = example(
        {"text": "You help Grace Hopper of our team. Today is 2026-06-01."}, base=Output
    )

    text: str


class PromptVersionListed(Output, PromptVersionBase, Identified):
    """A version in a list, without its text."""

    model_config = example(_LISTED, base=Output)

    prompt_id: UUID


class PromptVersionPublic(PromptText, PromptVersionListed):
    model_config = example(
        {**_LISTED, **TEXT_EXAMPLE},
        base=Output,
    )


class PromptVersionSort(StrEnum):
    NUMBER = "number"
    NUMBER_DESC = "-number"


class PromptVersionQuery(PageQuery):
    sort: PromptVersionSort = PromptVersionSort.NUMBER_DESC
