"""Accounts of people with providers, with which they sign in here."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field as PydanticField
from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.core.config import ProviderName
from backend.models.identity.provider_sign_ins import CodeRedemption
from backend.models.platform.base import Output, enum_type, example
from backend.models.platform.fields import GivenPassword
from backend.models.platform.meanings import taken
from backend.models.platform.mixins import Identified, now
from backend.models.platform.paging import PageQuery


class LinkedIdentityBase(SQLModel):
    provider: ProviderName
    email: str | None = Field(description="The address there when it was linked.")
    created_at: datetime = Field(default_factory=now)


class LinkedIdentity(LinkedIdentityBase, Identified, table=True):
    """`subject`: who it is there. It never changes, unlike an address."""

    __tablename__ = "linked_identities"
    __table_args__ = (
        UniqueConstraint(
            "provider",
            "subject",
            info=taken("An account is linked to this identity already: unlink it there first."),
        ),
        Index(None, "user_id", "created_at", "id"),
    )

    provider: ProviderName = Field(sa_type=enum_type(ProviderName))
    subject: str
    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE")


class IdentityLink(CodeRedemption):
    model_config = example(
        {
            "code": "q7V0mYx3cK9bN5tR1wZ8eH2fL6sD4aPjU0iOyGvXkQw",
            "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
            "password": "development-only",
        }
    )

    password: GivenPassword | None = PydanticField(
        default=None, description="Yours, unless your account has none."
    )


class LinkedIdentityPublic(Output, LinkedIdentityBase, Identified):
    model_config = example(
        {
            "id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e31",
            "provider": "google",
            "email": "ada@example.com",
            "created_at": "2026-06-01T09:30:00Z",
        },
        base=Output,
    )


class LinkedIdentitySort(StrEnum):
    CREATED_AT = "created_at"
    CREATED_AT_DESC = "-created_at"


class LinkedIdentityQuery(PageQuery):
    sort: LinkedIdentitySort = LinkedIdentitySort.CREATED_AT_DESC
