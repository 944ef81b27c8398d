"""Settings of the server, the database, files and search."""

import re
from ipaddress import ip_network
from typing import Annotated

from pydantic import (
    Field,
    HttpUrl,
    SecretStr,
    TypeAdapter,
    field_validator,
)
from pydantic_settings import NoDecode, SettingsConfigDict

from backend.core.config.base import Days, ExactSeconds, Hours, Seconds, Section, list_of
from backend.core.config.passkeys import origin_of
from backend.core.scopes import Organisations

_ANY_PAGE = frozenset({"*", "null"})
"""All origins, and that of pages that were opened from a file."""

DEFAULT_FILE_TYPES = [
    "image/avif",
    "image/bmp",
    "image/gif",
    "image/heic",
    "image/jpeg",
    "image/png",
    "image/tiff",
    "image/webp",
    "audio/*",
    "video/*",
    "application/pdf",
    "application/json",
    "application/zip",
    "application/vnd.openxmlformats-officedocument.*",
    "application/vnd.oasis.opendocument.*",
    "text/plain",
    "text/csv",
    "text/markdown",
]
"""Nothing that a browser or an operating system would run; SVG can hold scripts."""


class ServerSettings(Section):
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65_535)
    workers: int = Field(default=1, ge=1, le=64)
    public_url: str | None = Field(
        default=None,
        description="Address of the frontend, for links in mails. "
        "Unset: this server's own documentation.",
    )
    trusted_proxies: str = Field(
        default="127.0.0.1",
        description="Addresses whose X-Forwarded-For is trusted, separated by commas.",
    )
    max_body_bytes: int = Field(default=1_048_576, ge=1024)
    cors_origins: Annotated[list[str], NoDecode] = Field(
        default=[], description="Origins of browser frontends, separated by commas."
    )
    requests_per_minute: int = Field(
        default=0, ge=0, description="Per client address and process; 0 sets no limit."
    )
    require_if_match: bool = Field(
        default=False, description="Refuse changes that do not name the version they are for."
    )
    idempotency_key_hours: Hours = Field(
        default=24, ge=1, description="How long an Idempotency-Key is remembered."
    )
    shutdown_seconds: Seconds = Field(
        default=10,
        ge=1,
        description="How long running requests may take to finish when the server stops.",
    )
    metrics_enabled: bool = True

    @field_validator("public_url")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        url = TypeAdapter(HttpUrl).validate_python(value)
        if url.query or url.fragment:
            raise ValueError("must not contain ? or #: paths are added to it")
        return value.rstrip("/")

    @field_validator("trusted_proxies")
    @classmethod
    def _addresses(cls, value: str) -> str:
        proxies = [proxy.strip() for proxy in value.split(",") if proxy.strip()]
        for proxy in proxies:
            if proxy != "*":
                ip_network(proxy)  # Its ValueError describes the problem.
        return ",".join(proxies)

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        origins = list_of(value)
        if isinstance(origins, list):
            return [str(origin).rstrip("/") for origin in origins]
        return origins

    @field_validator("cors_origins")
    @classmethod
    def _as_browsers_write_them(cls, value: list[str]) -> list[str]:
        for each in value:
            if each not in _ANY_PAGE and each != origin_of(each):
                raise ValueError(f"{each} must be an origin, such as https://app.example.com")
        return value


class DatabaseSettings(Section):
    model_config = SettingsConfigDict(env_prefix="DATABASE_")

    url: SecretStr | None = Field(
        default=None, description="Unset: the embedded PostgreSQL in DATA_DIR."
    )
    owner_url: SecretStr | None = Field(
        default=None,
        description="With ORGANISATIONS=many: the role that owns the tables, for migrations alone.",
    )
    organisations: Organisations = Field(
        default=Organisations.ONE,
        description="many: PostgreSQL keeps the rows of organisations apart.",
        validation_alias="ORGANISATIONS",
    )
    organisation_grace_days: Days = Field(
        default=30,
        ge=0,
        description="How long a deleted organisation can be restored.",
        validation_alias="ORGANISATION_GRACE_DAYS",
    )
    pool_size: int = Field(default=20, ge=1)
    pool_overflow: int = Field(
        default=0, ge=0, description="Additional connections, closed after each use."
    )
    pool_timeout_seconds: ExactSeconds = Field(default=5, gt=0)
    connect_timeout_seconds: Seconds = Field(default=3, ge=2)
    statement_timeout_seconds: Seconds = Field(
        default=10, ge=1, description="After this the server cancels a statement."
    )
    lock_timeout_seconds: Seconds = Field(
        default=2,
        ge=1,
        description="How long a statement waits for a row that another transaction has locked.",
    )
    migrate_on_start: bool | None = Field(
        default=None,
        description="Unset: yes, except in production.",
        validation_alias="MIGRATE_ON_START",
    )

    @property
    def has_many_organisations(self) -> bool:
        return self.organisations is Organisations.MANY


class FileSettings(Section):
    model_config = SettingsConfigDict(env_prefix="FILES_")

    url: str | None = Field(
        default=None,
        description="file:///folder, s3://bucket/prefix, gs:// or az://. Unset: in DATA_DIR.",
    )
    max_bytes: int = Field(default=100 * 1024 * 1024, ge=1024)
    count_per_person: int = Field(
        default=0, ge=0, description="How many files one person may have; 0: unlimited."
    )
    bytes_per_person: int = Field(
        default=0,
        ge=0,
        description="How many bytes all files of one person may have; 0: unlimited.",
    )
    allowed_types: Annotated[list[str], NoDecode] = Field(
        default=DEFAULT_FILE_TYPES,
        description="Media types, separated by commas; `image/*` and `*/*` stand for many.",
    )

    @field_validator("allowed_types", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return list_of(value)

    @field_validator("allowed_types")
    @classmethod
    def _media_types(cls, value: list[str]) -> list[str]:
        for each in value:
            if not re.fullmatch(r"[^/\sA-Z]+/[^/\sA-Z]+", each):
                raise ValueError(
                    f"{each} must be a media type, such as image/png or image/*, in lower case"
                )
        return value


class SearchSettings(Section):
    model_config = SettingsConfigDict(env_prefix="SEARCH_")

    configuration: str = Field(
        default="simple",
        description="A text search configuration of PostgreSQL, such as english or german.",
    )

    @field_validator("configuration")
    @classmethod
    def _is_a_name(cls, value: str) -> str:
        if not re.fullmatch("[a-z_]+", value):
            raise ValueError("must be a name of lower-case letters and _, such as english")
        return value
