"""Admins who sign in as somebody else."""

from sqlmodel import Field

from backend.models.platform.base import Input, Output, example
from backend.models.platform.fields import Line, Whole


class Impersonation(Input):
    model_config = example({"reason": "The import fails for her alone", "minutes": 15})

    reason: Line = Field(description="The person is told it, and it is in the audit trail.")
    minutes: Whole = Field(default=15, ge=1, le=60, description="Until it ends by itself.")


class ImpersonationToken(Output):
    model_config = example(
        {
            "access_token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.signature",
            "token_type": "bearer",
            "expires_in": 900,
        },
        base=Output,
    )

    access_token: str
    token_type: str = "bearer"
    expires_in: int = Field(description="Seconds until it ends; it can't be refreshed.")
