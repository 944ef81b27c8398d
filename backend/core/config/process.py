"""Settings of the process: environment, data folder, logs and seeding."""

from pathlib import Path
from typing import Literal

from pydantic import (
    Field,
    SecretStr,
)
from pydantic_settings import SettingsConfigDict

from backend.core.config.base import Environment, Section

SEED_PASSWORD = "development-only"


class GeneralSettings(Section):
    environment: Environment = Environment.DEVELOPMENT
    debug: bool = Field(False, description="Log at DEBUG, statements to the database included.")
    data_dir: Path = Field(
        default=Path(".data"), description="Data folder of the embedded PostgreSQL."
    )


class LoggingSettings(Section):
    model_config = SettingsConfigDict(env_prefix="LOG_")

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    format: Literal["json", "console"] | None = Field(
        default=None, description="Unset: json in production, console elsewhere."
    )


class SeedSettings(Section):
    model_config = SettingsConfigDict(env_prefix="SEED_")

    on_start: bool | None = Field(default=None, description="Unset: only in development.")
    password: SecretStr = Field(
        SecretStr(SEED_PASSWORD), description="The password of the seeded users."
    )
