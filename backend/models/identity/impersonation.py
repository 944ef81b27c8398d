"""Admins who sign in as somebody else."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Field

from backend.models.identity.sessions import SessionQuery
from backend.models.platform.base import Input, Output, example
from backend.models.platform.fields import Line, Whole
from backend.models.platform.mixins import Identified

MAX_IMPERSONATION = timedelta(hours=1)


class Impersonation(Input):
    model_config = example({"reason": "The import fails for her alone", "minutes": 15})

    reason: Line = Field(description="The person is told it, and it is in the audit trail.")
    minutes: Whole = Field(default=15, ge=1, le=60, description="Until it ends by itself.")


class ImpersonationToken(Output):
    model_config = example(
        {
            "id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e02",
            "access_token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.signature",
            "token_type": "bearer",
            "expires_in": 900,
        },
        base=Output,
    )

    id: UUID = Field(description="To end it by, under `/impersonations`.")
    access_token: str
    token_type: str = "bearer"
    expires_in: int = Field(description="Seconds until it ends; it can't be refreshed.")


class ImpersonationPublic(Output, Identified):
    model_config = example(
        {
            "id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e02",
            "user_id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e01",
            "impersonator_id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e03",
            "reason": "The import fails for her alone",
            "created_at": "2026-06-01T09:30:00Z",
            "expires_at": "2026-06-01T09:45:00Z",
        },
        base=Output,
    )

    user_id: UUID = Field(description="As whom the admin is signed in.")
    impersonator_id: UUID = Field(description="The admin.")
    reason: str
    created_at: datetime
    expires_at: datetime


class ImpersonationQuery(SessionQuery):
    """Like that of sessions."""
