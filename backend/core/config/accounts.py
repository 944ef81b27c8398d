"""Settings of accounts and of the mails sent to them."""

from typing import Annotated

from pydantic import (
    Field,
    SecretStr,
    field_validator,
    validate_email,
)
from pydantic_settings import NoDecode, SettingsConfigDict

from backend.core.config.base import Days, ExactSeconds, Hours, Minutes, Seconds, Section, list_of
from backend.core.permissions import Role
from backend.core.product import MAIL_SENDER, PACKAGE

DEVELOPMENT_SECRET = "development-only-secret-key-never-use-in-production"


class SecuritySettings(Section):
    secret_key: SecretStr = Field(
        default=SecretStr(DEVELOPMENT_SECRET), description="Signs access tokens."
    )
    access_token_minutes: Minutes = Field(default=15, ge=1, le=24 * 60)
    refresh_token_days: Days = Field(default=30, ge=1, le=366)
    refresh_leeway_seconds: Seconds = Field(
        default=10,
        ge=0,
        le=60,
        description="How long the same device may reuse a refresh token.",
    )
    token_issuer: str = PACKAGE
    token_audience: str = PACKAGE
    registration_enabled: bool | None = Field(
        default=None, description="Unset: yes, except in production."
    )
    registration_role: Role = Field(
        default=Role.GUEST, description="Of accounts that people open themselves."
    )
    sign_in_failures_per_account: int = Field(default=10, ge=1)
    sign_in_failures_per_address: int = Field(default=50, ge=1)
    sign_in_window_minutes: Minutes = Field(default=15, ge=1)
    require_second_factor: Annotated[list[Role], NoDecode] = Field(
        default=[], description="Roles that must have a second factor, separated by commas."
    )
    erasure_days: Days = Field(
        default=14, ge=0, description="From asking for an account to be erased until it is."
    )
    email_verification_hours: Hours = Field(default=48, ge=1)
    password_reset_hours: Hours = Field(default=1, ge=1)
    invitation_hours: Hours = Field(default=7 * 24, ge=1)
    mail_requests_per_account: int = Field(
        default=5, ge=1, description="Mails that may be requested for one address."
    )
    mail_requests_per_address: int = Field(
        default=20, ge=1, description="The same, for requests from one client address."
    )
    mail_request_window_minutes: Minutes = Field(default=60, ge=1)

    @field_validator("require_second_factor", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return list_of(value)


class MailSettings(Section):
    model_config = SettingsConfigDict(env_prefix="MAIL_")

    url: SecretStr | None = Field(
        default=None,
        description="smtp://user:password@host:587, smtps://host:465 or file:///folder. "
        "Unset: in DATA_DIR.",
    )
    sender: str = Field(default=MAIL_SENDER, description="The sender of mails: name and address.")
    timeout_seconds: ExactSeconds = Field(
        default=20, gt=0, le=300, description="How long the mail server may take for one mail."
    )

    @field_validator("sender")
    @classmethod
    def _mailbox(cls, value: str) -> str:
        if not value.isprintable():
            raise ValueError("must not contain control characters or line breaks")
        validate_email(value)  # Its error describes the problem.
        return value
