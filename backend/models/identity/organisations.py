"""Organisations: whose data it is. Without a setting there is one, and nothing to see of it."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field as PydanticField
from sqlmodel import Field, SQLModel

from backend.core.permissions import Role
from backend.models.platform.base import Input, Output, example
from backend.models.platform.fields import Line
from backend.models.platform.mixins import Identified, Timestamped, Versioned
from backend.models.platform.paging import PageQuery

_EXAMPLE = {"name": "Acme"}


class OrganisationBase(SQLModel):
    name: Line


class Organisation(Versioned, Timestamped, OrganisationBase, Identified, table=True):
    """`deleted_at`: nobody acts in it any more; it is erased once the grace period is over."""

    __tablename__ = "organisations"

    name: str
    deleted_at: datetime | None = None


class OrganisationCreate(Input, OrganisationBase):
    model_config = example(_EXAMPLE)


class OrganisationUpdate(Input, OrganisationBase):
    model_config = example({"name": "Acme Ltd"})


class OrganisationPublic(Output, Versioned, Timestamped, OrganisationBase, Identified):
    model_config = example(
        {
            "id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e31",
            **_EXAMPLE,
            "role": "admin",
            "deleted_at": None,
            "created_at": "2026-06-01T09:30:00Z",
            "updated_at": "2026-06-01T09:30:00Z",
            "version": 1,
        },
        base=Output,
    )

    role: Role = Field(description="Your role in it.")
    deleted_at: datetime | None = Field(
        description="When it was deleted; it can be restored until the grace period is over."
    )

    @classmethod
    def of(cls, organisation: Organisation, role: Role) -> "OrganisationPublic":
        return cls(**organisation.model_dump(), role=role)


class OrganisationChoice(Input):
    """Where to act."""

    model_config = example({"organisation_id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e31"})

    organisation_id: UUID | None = PydanticField(
        description="One of your organisations; null: none, with your own things alone."
    )


class OrganisationSort(StrEnum):
    CREATED_AT = "created_at"
    CREATED_AT_DESC = "-created_at"


class OrganisationQuery(PageQuery):
    sort: OrganisationSort = OrganisationSort.CREATED_AT_DESC
