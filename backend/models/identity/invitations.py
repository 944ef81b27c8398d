"""Invitations to create an account with a role."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field as PydanticField
from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from backend.core.permissions import Role
from backend.models.platform.base import Input, Output, enum_type, example
from backend.models.platform.fields import Email, Several
from backend.models.platform.meanings import taken
from backend.models.platform.mixins import Identified, Timestamped, Versioned, now
from backend.models.platform.organisations import OfOrganisation
from backend.models.platform.paging import PageQuery
from backend.models.platform.personal import personal

_EXAMPLE = {"email": "grace@example.com", "role": "member"}


class InvitationBase(SQLModel):
    email: Email
    role: Role = Role.VIEWER


class Invitation(OfOrganisation, Versioned, Timestamped, InvitationBase, Identified, table=True):
    __tablename__ = "invitations"
    __table_args__ = (
        Index(None, "created_at", "id"),
        # One open invitation per address, and any number of accepted ones.
        Index(
            "uq_invitations_email_open",
            "email",
            unique=True,
            postgresql_where=text("accepted_at IS NULL"),
            info=taken(
                "An open invitation to this e-mail address already exists: send it again, or "
                "revoke it."
            ),
        ),
    )

    email: str
    role: Role = Field(sa_type=enum_type(Role))
    invited_by: UUID = Field(foreign_key="users.id")
    expires_at: datetime
    accepted_at: datetime | None = None
    user_id: UUID | None = Field(
        default=None, foreign_key="users.id", sa_column_kwargs={"info": personal()}
    )

    def accept(self, user_id: UUID) -> None:
        self.accepted_at = now()
        self.user_id = user_id


class InvitationCreate(Input, InvitationBase):
    model_config = example(_EXAMPLE)


class InvitationPublic(Output, Versioned, Timestamped, InvitationBase, Identified):
    model_config = example(
        {
            "id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e11",
            **_EXAMPLE,
            "invited_by": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e01",
            "expires_at": "2026-06-08T09:30:00Z",
            "accepted_at": None,
            "user_id": None,
            "created_at": "2026-06-01T09:30:00Z",
            "updated_at": "2026-06-01T09:30:00Z",
            "version": 1,
        },
        base=Output,
    )

    email: str
    invited_by: UUID
    expires_at: datetime
    accepted_at: datetime | None
    user_id: UUID | None = Field(description="The account that was created with it.")


class InvitationSort(StrEnum):
    CREATED_AT = "created_at"
    CREATED_AT_DESC = "-created_at"


class InvitationStatus(StrEnum):
    OPEN = "open"
    EXPIRED = "expired"
    ACCEPTED = "accepted"


class InvitationQuery(PageQuery):
    sort: InvitationSort = InvitationSort.CREATED_AT_DESC
    status: Several[InvitationStatus] = PydanticField(default=[], description="Any of these.")
