"""All sections of the settings, and how they are read."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from pydantic import (
    BaseModel,
    ValidationError,
)
from pydantic_settings import BaseSettings, SettingsError

from backend.core.config.accounts import MailSettings, SecuritySettings
from backend.core.config.assistant import (
    AssistantSettings,
    LanguageModelSettings,
    McpSettings,
    WebSearchSettings,
)
from backend.core.config.background import ExecutionSettings, RetentionSettings, WorkerSettings
from backend.core.config.base import ConfigurationError, Environment, Section
from backend.core.config.incoming import IncomingSettings
from backend.core.config.passkeys import PasskeySettings, RelyingParty
from backend.core.config.process import GeneralSettings, LoggingSettings, SeedSettings
from backend.core.config.serving import (
    DatabaseSettings,
    FileSettings,
    SearchSettings,
    ServerSettings,
)
from backend.core.config.sign_in import IdentityProviderSettings
from backend.core.config.webhooks import WebhookSettings
from backend.core.errors import fault_in_words


class Settings(BaseModel):
    """All sections together. `load()` reads them; tests build them by hand."""

    model_config = {"frozen": True}

    general: GeneralSettings
    server: ServerSettings
    database: DatabaseSettings
    security: SecuritySettings
    identity_providers: IdentityProviderSettings
    passkeys: PasskeySettings
    files: FileSettings
    mail: MailSettings
    search: SearchSettings
    executions: ExecutionSettings
    language_models: LanguageModelSettings
    web_search: WebSearchSettings
    assistant: AssistantSettings
    mcp: McpSettings
    webhooks: WebhookSettings
    incoming: IncomingSettings
    logging: LoggingSettings
    worker: WorkerSettings
    retention: RetentionSettings
    seed: SeedSettings

    @classmethod
    def load(cls) -> Self:
        """Read the settings from the environment.

        Raises:
            ConfigurationError: names every variable whose value can't be used, or the file that
                can't be read.
        """
        source: dict[str, Any] = {"_secrets_dir": _secrets_dir()}
        sections: dict[str, Section] = {}
        problems: list[str] = []
        for name, field in cls.model_fields.items():
            section: type[Section] = field.annotation  # type: ignore[assignment]  # all are sections
            try:
                with _readable_files():
                    sections[name] = section(**source)
            except ValidationError as error:
                problems += [
                    f"{_variable(section, e)}: {fault_in_words(e)}" for e in error.errors()
                ]
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
    def relying_party(self) -> RelyingParty:
        """For whom passkeys are made. Browsers know none for a bare IP address."""
        this_machine = f"http://localhost:{self.server.port}"
        return self.passkeys.party(self.server.public_url or this_machine)

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
        raise ConfigurationError(
            f"SECRETS_DIR: the folder {folder!r} does not exist; create it or unset"
        )
    return folder or None


@contextmanager
def _readable_files() -> Iterator[None]:
    remedy = "let this user read it, and write it in UTF-8"
    try:
        yield
    except SettingsError as error:
        raise ConfigurationError(
            f"SECRETS_DIR: a file can't be read: {error} ({error.__cause__}); {remedy}"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f".env can't be read ({error}); {remedy}") from None


def _default(value: bool | None, default: bool) -> bool:
    return default if value is None else value
