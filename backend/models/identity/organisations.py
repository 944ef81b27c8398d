"""Organisations: whose data it is. Without a setting there is one, and nothing to see of it."""

from sqlmodel import SQLModel

from backend.models.platform.fields import Line
from backend.models.platform.mixins import Identified, Timestamped, Versioned


class OrganisationBase(SQLModel):
    name: Line


class Organisation(Versioned, Timestamped, OrganisationBase, Identified, table=True):
    __tablename__ = "organisations"

    name: str
