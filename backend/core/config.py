"""Every setting of the program, nested by concern.

Settings come from the environment, then from `.env`, then from files in `SECRETS_DIR` (one file a
setting, named like the variable). They are read once, by the composition roots, and handed on.
"""

import os
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    Field,
    HttpUrl,
    SecretStr,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
    validate_email,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from backend.core.permissions import Role

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

DEVELOPMENT_SECRET = "development-only-secret-key-never-use-in-production"


class ConfigurationError(Exception):
    """The settings can't be used; each line of the text names a variable and the remedy."""


class Environment(StrEnum):
    DEVELOPMENT = "development"
    TEST = "test"
    PRODUCTION = "production"


class Section(BaseSettings):
    model_config = SettingsConfigDict(
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
    )


class ServerSettings(Section):
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65_535)
    workers: int = Field(default=1, ge=1, le=64)
    public_url: str | None = Field(
        default=None,
        description="Where people reach the frontend, which links in mails lead to. "
        "Unset: this server's own documentation.",
    )
    trusted_proxies: str = Field(
        default="127.0.0.1",
        description="Addresses whose X-Forwarded-For is believed, separated by commas.",
    )
    max_body_bytes: int = Field(default=1_048_576, ge=1024)
    cors_origins: Annotated[list[str], NoDecode] = Field(
        default=[], description="Origins of browser frontends, separated by commas."
    )
    requests_per_minute: int = Field(
        default=0, ge=0, description="Per client address and process; 0 sets no limit."
    )
    require_if_match: bool = Field(
        default=False, description="Refuse changes that do not say which version they are for."
    )
    idempotency_key_hours: int = Field(
        default=24, ge=1, description="How long an Idempotency-Key stands for its request."
    )
    shutdown_seconds: int = Field(
        default=10, ge=1, description="How long running requests may finish at a stop."
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
        for proxy in value.split(","):
            if proxy.strip() != "*":
                ip_network(proxy.strip())  # Its ValueError says what is wrong.
        return value

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        origins = _list_of(value)
        if isinstance(origins, list):
            return [str(origin).rstrip("/") for origin in origins]
        return origins


class DatabaseSettings(Section):
    model_config = SettingsConfigDict(env_prefix="DATABASE_")

    url: SecretStr | None = Field(
        default=None, description="Unset: the embedded PostgreSQL in DATA_DIR."
    )
    pool_size: int = Field(default=20, ge=1)
    pool_overflow: int = Field(
        default=0, ge=0, description="Connections beyond these, closed again after each use."
    )
    pool_timeout_seconds: float = Field(default=5, gt=0)
    connect_timeout_seconds: int = Field(default=3, ge=2)
    statement_timeout_seconds: int = Field(default=30, ge=1)
    migrate_on_start: bool | None = Field(
        default=None,
        description="Unset: yes, except in production.",
        validation_alias="MIGRATE_ON_START",
    )


class FileSettings(Section):
    model_config = SettingsConfigDict(env_prefix="FILES_")

    url: str | None = Field(
        default=None,
        description="file:///folder, s3://bucket/prefix, gs:// or az://. Unset: in DATA_DIR.",
    )
    max_bytes: int = Field(default=100 * 1024 * 1024, ge=1024)
    allowed_types: Annotated[list[str], NoDecode] = Field(
        default=DEFAULT_FILE_TYPES,
        description="Media types, separated by commas; `image/*` and `*/*` stand for many.",
    )

    @field_validator("allowed_types", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return _list_of(value)


class MailSettings(Section):
    model_config = SettingsConfigDict(env_prefix="MAIL_")

    url: SecretStr | None = Field(
        default=None,
        description="smtp://user:password@host:587, smtps://host:465 or file:///folder. "
        "Unset: in DATA_DIR.",
    )
    sender: str = Field(
        default="MVP <no-reply@example.com>", description="Whom mails are from: name and address."
    )
    timeout_seconds: float = Field(
        default=20, gt=0, le=300, description="How long the mail server may take for one mail."
    )

    @field_validator("sender")
    @classmethod
    def _mailbox(cls, value: str) -> str:
        if not value.isprintable():
            raise ValueError("must not contain control characters or line breaks")
        validate_email(value)  # Its error says what is wrong.
        return value


class SearchSettings(Section):
    model_config = SettingsConfigDict(env_prefix="SEARCH_")

    configuration: str = Field(
        default="simple",
        pattern="^[a-z_]+$",
        description="A text search configuration of PostgreSQL, such as english or german.",
    )


class ExecutionSettings(Section):
    model_config = SettingsConfigDict(env_prefix="EXECUTIONS_")

    most_active: int = Field(
        default=10, ge=1, description="How many one person may have pending or running at once."
    )


class SecuritySettings(Section):
    secret_key: SecretStr = Field(
        default=SecretStr(DEVELOPMENT_SECRET), description="Signs access tokens."
    )
    access_token_minutes: int = Field(default=15, ge=1, le=24 * 60)
    refresh_token_days: int = Field(default=30, ge=1, le=366)
    token_issuer: str = "mvp-backend"
    token_audience: str = "mvp-backend"
    registration_enabled: bool | None = Field(
        default=None, description="Unset: yes, except in production."
    )
    registration_role: Role = Role.VIEWER
    sign_in_failures_per_account: int = Field(default=10, ge=1)
    sign_in_failures_per_address: int = Field(default=50, ge=1)
    sign_in_window_minutes: int = Field(default=15, ge=1)
    email_verification_hours: int = Field(default=48, ge=1)
    password_reset_hours: int = Field(default=1, ge=1)
    invitation_hours: int = Field(default=7 * 24, ge=1)
    mail_requests_per_account: int = Field(
        default=5, ge=1, description="Mails that somebody may have sent to one address."
    )
    mail_requests_per_address: int = Field(
        default=20, ge=1, description="The same, asked for from one client address."
    )
    mail_request_window_minutes: int = Field(default=60, ge=1)


class LoggingSettings(Section):
    model_config = SettingsConfigDict(env_prefix="LOG_")

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    format: Literal["json", "console"] | None = Field(
        default=None, description="Unset: json in production, console elsewhere."
    )


class WorkerSettings(Section):
    model_config = SettingsConfigDict(env_prefix="WORKER_")

    enabled: bool = Field(
        default=True, description="Run jobs inside `mvp serve`, in each of its processes."
    )
    events_concurrency: int = Field(
        default=8, ge=1, le=100, description="Jobs of the queue `events` at once, per process."
    )
    mail_concurrency: int = Field(default=4, ge=1, le=100)
    executions_concurrency: int = Field(default=2, ge=1, le=100)
    maintenance_concurrency: int = Field(default=2, ge=1, le=100)
    attempts: int = Field(
        default=10, ge=1, le=100, description="How often a job is tried before it is dead."
    )
    mail_attempts: int = Field(
        default=300,
        ge=1,
        le=10_000,
        description="The same for the queue `mail`: mail servers are away for longer.",
    )
    retry_seconds: float = Field(
        default=2, gt=0, description="Before the second attempt; doubled before each further one."
    )
    retry_most_seconds: float = Field(default=600, gt=0)
    poll_seconds: float = Field(
        default=2,
        gt=0,
        description="How often waiting jobs are looked for. New ones announce themselves.",
    )
    heartbeat_seconds: float = Field(default=5, gt=0)
    stalled_seconds: float = Field(
        default=20,
        gt=0,
        validate_default=True,
        description="A worker without a heartbeat for so long is dead: others take its jobs.",
    )
    sweep_seconds: int = Field(
        default=10, ge=1, le=59, description="How often the jobs of dead workers are looked for."
    )
    shutdown_seconds: float = Field(
        default=10, gt=0, description="How long running jobs may finish at a stop."
    )
    metrics_port: int | None = Field(
        default=None, ge=1, le=65_535, description="Where `mvp worker` serves metrics; unset: not."
    )

    @field_validator("stalled_seconds")
    @classmethod
    def _two_heartbeats(cls, value: float, info: ValidationInfo) -> float:
        if value < 2 * info.data.get("heartbeat_seconds", 0):
            raise ValueError("must be at least twice WORKER_HEARTBEAT_SECONDS")
        return value


class SeedSettings(Section):
    model_config = SettingsConfigDict(env_prefix="SEED_")

    on_start: bool | None = Field(default=None, description="Unset: only in development.")
    password: SecretStr = Field(
        SecretStr("development-only"), description="The password of the seeded users."
    )


class RetentionSettings(Section):
    model_config = SettingsConfigDict(env_prefix="RETENTION_")

    session_days: int = Field(default=30, ge=1, description="Of sessions that have ended.")
    mail_days: int = Field(default=30, ge=1, description="Of mails that were sent or refused.")
    job_days: int = Field(default=14, ge=1, description="Of jobs that have ended, however.")
    event_days: int | None = Field(
        default=None, ge=31, description="Of the audit trail. Unset: for ever."
    )


class GeneralSettings(Section):
    environment: Environment = Environment.DEVELOPMENT
    debug: bool = Field(False, description="Log at DEBUG, statements to the database included.")
    data_dir: Path = Field(
        default=Path(".data"), description="Where the embedded PostgreSQL keeps data."
    )


class Settings(BaseModel):
    """All sections together. `load()` reads them; tests build them by hand."""

    model_config = {"frozen": True}

    general: GeneralSettings
    server: ServerSettings
    database: DatabaseSettings
    security: SecuritySettings
    files: FileSettings
    mail: MailSettings
    search: SearchSettings
    executions: ExecutionSettings
    logging: LoggingSettings
    worker: WorkerSettings
    retention: RetentionSettings
    seed: SeedSettings

    @classmethod
    def load(cls) -> Self:
        """Read the settings from the environment.

        Raises:
            ConfigurationError: naming every variable whose value can't be used.
        """
        source: dict[str, Any] = {"_secrets_dir": _secrets_dir()}
        sections: dict[str, Section] = {}
        problems: list[str] = []
        for name, field in cls.model_fields.items():
            section: type[Section] = field.annotation  # type: ignore[assignment]  # all are sections
            try:
                sections[name] = section(**source)
            except ValidationError as error:
                problems += [f"{_variable(section, e)}: {e['msg']}" for e in error.errors()]
        if problems:
            raise ConfigurationError("\n".join(problems))
        return cls(**sections)  # type: ignore[arg-type]  # keyed by the fields just walked

    @property
    def is_production(self) -> bool:
        return self.general.environment is Environment.PRODUCTION

    @property
    def registration_enabled(self) -> bool:
        return _default(self.security.registration_enabled, not self.is_production)

    @property
    def migrate_on_start(self) -> bool:
        return _default(self.database.migrate_on_start, not self.is_production)

    @property
    def seed_on_start(self) -> bool:
        development = self.general.environment is Environment.DEVELOPMENT
        return _default(self.seed.on_start, development)

    @property
    def files_url(self) -> str:
        return self.files.url or (self.general.data_dir.absolute() / "files").as_uri()

    @property
    def mail_url(self) -> str:
        given = self.mail.url and self.mail.url.get_secret_value()
        return given or (self.general.data_dir.absolute() / "mail").as_uri()

    @property
    def log_format(self) -> str:
        return self.logging.format or ("json" if self.is_production else "console")

    @property
    def log_level(self) -> str:
        return "DEBUG" if self.general.debug else self.logging.level


def variable_name(section: type[BaseSettings], field: str) -> str:
    """The environment variable that sets a field."""
    alias = section.model_fields[field].validation_alias
    prefix = section.model_config.get("env_prefix", "")
    return (alias if isinstance(alias, str) else f"{prefix}{field}").upper()


def _variable(section: type[Section], error: Any) -> str:
    field = str(error["loc"][0])
    return variable_name(section, field) if field in section.model_fields else field.upper()


def _secrets_dir() -> str | None:
    folder = os.environ.get("SECRETS_DIR")
    if folder and not Path(folder).is_dir():
        raise ConfigurationError(f"SECRETS_DIR: there is no folder {folder!r}; create it or unset")
    return folder or None


def _list_of(value: object) -> object:
    """What stands between commas."""
    if not isinstance(value, str):
        return value
    return [part.strip() for part in value.split(",") if part.strip()]


def _default(value: bool | None, default: bool) -> bool:
    return default if value is None else value
