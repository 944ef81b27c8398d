"""Prompts: instructions for language models, by name."""

from enum import StrEnum

from pydantic import MISSING
from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.models.assistant.prompt_templates import (
    VARIABLES,
    PromptText,
    PromptTextInput,
    PromptVariable,
)
from backend.models.assistant.prompt_versions import TEXT_EXAMPLE, PromptVersion
from backend.models.platform.base import Output, Update, example
from backend.models.platform.fields import Paragraphs, Slug
from backend.models.platform.meanings import taken
from backend.models.platform.mixins import Identified, Timestamped, Versioned
from backend.models.platform.organisations import OfOrganisation
from backend.models.platform.paging import PageQuery
from backend.models.platform.sort_keys import sorted_by

_EXAMPLE = {"name": "greeting", "description": "How a conversation begins."}
_LISTED = {
    "id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e23",
    **_EXAMPLE,
    "active_number": 1,
    "last_number": 1,
    "created_at": "2026-06-01T09:30:00Z",
    "updated_at": "2026-06-01T09:30:00Z",
    "version": 1,
}


class PromptBase(SQLModel):
    name: Slug
    description: Paragraphs = ""


class Prompt(
    OfOrganisation, Versioned, Timestamped, PromptText, PromptBase, Identified, table=True
):
    """Contains the text of the active version, so that a read needs one row."""

    __tablename__ = "prompts"
    __table_args__ = (
        UniqueConstraint("name", info=taken("A prompt with this name already exists.")),
        Index(None, "created_at", "id"),
        Index(None, "updated_at", "id"),
        sorted_by("prompts", "name"),
    )

    variables: list[PromptVariable] = Field(sa_type=VARIABLES)
    active_number: int = 1
    last_number: int = 1

    def use(self, version: PromptVersion) -> None:
        """Make a version the active one."""
        self.active_number = version.number
        self.template = version.template
        self.variables = version.variables


class PromptCreate(PromptTextInput, PromptBase):
    """A prompt with the text of its first version."""

    model_config = example({**_EXAMPLE, **TEXT_EXAMPLE})


class PromptUpdate(Update):
    """Only the fields that are sent change. The text changes by a new version."""

    model_config = example({"description": "How every conversation begins."})

    name: Slug | MISSING = MISSING
    description: Paragraphs | MISSING = MISSING


class PromptListed(Output, Versioned, Timestamped, PromptBase, Identified):
    """A prompt in a list, without its text."""

    model_config = example(_LISTED, base=Output)

    active_number: int = Field(description="The number of the active version.")
    last_number: int = Field(description="The number of the newest version.")


class PromptPublic(PromptText, PromptListed):
    """With the text of the active version."""

    model_config = example({**_LISTED, **TEXT_EXAMPLE}, base=Output)


class PromptSort(StrEnum):
    NAME = "name"
    NAME_DESC = "-name"
    CREATED_AT = "created_at"
    CREATED_AT_DESC = "-created_at"
    UPDATED_AT = "updated_at"
    UPDATED_AT_DESC = "-updated_at"


class PromptQuery(PageQuery):
    sort: PromptSort = PromptSort.NAME
