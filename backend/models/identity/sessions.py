"""Sessions: a signed-in device and its refresh tokens, each used once."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from backend.models.platform.base import Output, example
from backend.models.platform.meanings import never_taken
from backend.models.platform.mixins import Identified, now
from backend.models.platform.organisations import ActingIn
from backend.models.platform.paging import PageQuery


class Client(NamedTuple):
    """The client of a request, as it describes itself."""

    device: str | None
    address: str | None


class SessionBase(SQLModel):
    device: str | None = Field(description="The User-Agent of the last sign-in or refresh.")
    address: str | None = Field(description="The client's address at the last sign-in or refresh.")
    created_at: datetime = Field(default_factory=now)
    last_used_at: datetime = Field(default_factory=now, description="Written at refresh only.")
    expires_at: datetime
    impersonator_id: UUID | None = Field(
        default=None, description="The admin who is signed in as you; null: it is you."
    )


class UserSession(ActingIn, SessionBase, Identified, table=True):
    """The family of refresh tokens of one sign-in; revoking it ends them all.

    Attributes:
        reason: why an admin is signed in as the user.
        with_passkey: it was opened with one, which counts as both factors.
    """

    __tablename__ = "sessions"
    __table_args__ = (
        Index(None, "expires_at"),
        Index(None, "revoked_at"),
        Index(
            "ix_sessions_impersonator_id",
            "impersonator_id",
            postgresql_where=text("impersonator_id IS NOT NULL"),
        ),
    )

    user_id: UUID = Field(foreign_key="users.id", index=True, ondelete="CASCADE")
    revoked_at: datetime | None = None
    reason: str | None = None
    with_passkey: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})

    @property
    def is_live(self) -> bool:
        return self.revoked_at is None and self.expires_at > now()

    def revoke(self) -> None:
        self.revoked_at = self.revoked_at or now()

    def prolong(self, at: datetime, lifetime: timedelta, client: Client) -> None:
        """Record the exchange of a token, which is marked as used at the same time."""
        self.last_used_at = at
        self.expires_at = at + lifetime
        self.device, self.address = client

    def may_repeat(
        self, token: "RefreshToken", at: datetime, leeway: timedelta, client: Client
    ) -> bool:
        """Whether a used token was among the last exchanged, moments ago, by the same device."""
        if token.used_at is None or token.used_at != self.last_used_at:
            return False
        # If the clock of the database went back, this does not count as recent.
        is_recent = timedelta() <= at - token.used_at < leeway
        return is_recent and client.device == self.device


class RefreshToken(Identified, table=True):
    """Only the hash is stored. `used_at`: when it or another token was exchanged."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (Index(None, "used_at"),)
    secrets = frozenset({"token_hash"})

    session_id: UUID = Field(foreign_key="sessions.id", index=True, ondelete="CASCADE")
    token_hash: str = Field(unique=True, sa_column_kwargs={"info": never_taken("256 random bits")})
    created_at: datetime = Field(default_factory=now)
    used_at: datetime | None = None


class SessionPublic(Output, SessionBase, Identified):
    model_config = example(
        {
            "id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e02",
            "device": "Mozilla/5.0 (X11; Linux x86_64)",
            "address": "192.0.2.7",
            "created_at": "2026-06-01T09:30:00Z",
            "last_used_at": "2026-06-01T12:00:00Z",
            "expires_at": "2026-07-01T12:00:00Z",
            "impersonator_id": None,
        },
        base=Output,
    )


class SessionSort(StrEnum):
    CREATED_AT = "created_at"
    CREATED_AT_DESC = "-created_at"


class SessionQuery(PageQuery):
    sort: SessionSort = SessionSort.CREATED_AT_DESC
