"""Memberships: who belongs to which organisation, with which role."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.core.permissions import Role
from backend.models.identity.users import User
from backend.models.platform.base import Input, Output, enum_type, example
from backend.models.platform.meanings import taken
from backend.models.platform.mixins import Identified, Timestamped, Versioned
from backend.models.platform.paging import PageQuery

_EXAMPLE = {"role": "member"}


class MembershipBase(SQLModel):
    role: Role


class Membership(Versioned, Timestamped, MembershipBase, Identified, table=True):
    """Where there is one organisation there are none: whoever has an account belongs to it."""

    __tablename__ = "memberships"
    __table_args__ = (
        UniqueConstraint("user_id", "organisation_id", info=taken("You belong to it already.")),
        Index(None, "organisation_id", "created_at", "id"),
    )

    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE")
    organisation_id: UUID = Field(foreign_key="organisations.id", ondelete="CASCADE")
    role: Role = Field(sa_type=enum_type(Role))


class MemberRole(Input):
    model_config = example(_EXAMPLE)

    role: Role


class MemberPublic(Output, Versioned, Timestamped, MembershipBase, Identified):
    """The id is that of the account."""

    model_config = example(
        {
            "id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e01",
            **_EXAMPLE,
            "email": "ada@example.com",
            "full_name": "Ada Lovelace",
            "is_active": True,
            "is_service": False,
            "created_at": "2026-06-01T09:30:00Z",
            "updated_at": "2026-06-01T09:30:00Z",
            "version": 1,
        },
        base=Output,
    )

    email: str
    full_name: str
    is_active: bool
    is_service: bool = Field(description="A program with an API key of its own.")

    @classmethod
    def of(cls, membership: Membership, user: User) -> "MemberPublic":
        account = user.model_dump(include={"email", "full_name", "is_active", "is_service"})
        own = membership.model_dump(exclude={"id", "user_id", "organisation_id"})
        return cls(id=user.id, **own, **account)


class MemberSort(StrEnum):
    CREATED_AT = "created_at"
    CREATED_AT_DESC = "-created_at"


class MemberQuery(PageQuery):
    sort: MemberSort = MemberSort.CREATED_AT_DESC
