"""Tokens in links of mails, and challenges of sign-ins: each for one purpose, usable once."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from backend.models.platform.base import Input, Output, enum_type, example
from backend.models.platform.fields import Email, GivenPassword, Line, Password, Text
from backend.models.platform.meanings import never_taken
from backend.models.platform.mixins import Identified, now

_TOKEN = "3f1c0a9be27d4c55a8e6f0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f708192a3b"


class TokenPurpose(StrEnum):
    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"
    ACCEPT_INVITATION = "accept_invitation"
    CHANGE_EMAIL = "change_email"
    SIGN_IN = "sign_in"
    END_SESSIONS = "end_sessions"
    END_IMPERSONATION = "end_impersonation"


class AccountToken(Identified, table=True):
    """Only the hash is stored: the token itself is derived from the id and the secret key.

    `used_at` is also set when a newer token or another change invalidates it.
    """

    __tablename__ = "account_tokens"
    __table_args__ = (Index(None, "expires_at"),)
    secrets = frozenset({"token_hash"})

    purpose: TokenPurpose = Field(sa_type=enum_type(TokenPurpose))
    email: str
    user_id: UUID | None = Field(
        default=None, foreign_key="users.id", index=True, ondelete="CASCADE"
    )
    invitation_id: UUID | None = Field(
        default=None, foreign_key="invitations.id", index=True, ondelete="CASCADE"
    )
    token_hash: str = Field(unique=True, sa_column_kwargs={"info": never_taken("256 random bits")})
    created_at: datetime = Field(default_factory=now)
    expires_at: datetime
    used_at: datetime | None = None

    @property
    def is_live(self) -> bool:
        return self.used_at is None and self.expires_at > now()


class GivenToken(Input):
    """A token from a mail."""

    model_config = example({"token": _TOKEN})

    token: Text = Field(max_length=200, description="From the link in the mail, after `#token=`.")


class PasswordResetRequest(Input):
    model_config = example({"email": "ada@example.com"})

    email: Email


class NewPassword(GivenToken):
    model_config = example({"token": _TOKEN, "new_password": "correct horse battery staple"})

    new_password: Password


class EmailChange(Input):
    model_config = example({"email": "ada.king@example.com", "password": "development-only"})

    email: Email
    password: GivenPassword


class InvitationAcceptance(GivenToken):
    model_config = example(
        {
            "token": _TOKEN,
            "full_name": "Ada Lovelace",
            "password": "correct horse battery staple",
        }
    )

    full_name: Line
    password: Password


class MailOnItsWay(Output):
    """The response to every request for a mail, whether or not one is sent."""

    model_config = example(
        {"detail": "If an account with this address exists, a mail is on its way."}, base=Output
    )

    detail: str
