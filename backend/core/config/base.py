"""The base of every section of the settings."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ConfigurationError(Exception):
    """The settings can't be used; each line of the text names a variable and the remedy."""


class Environment(StrEnum):
    DEVELOPMENT = "development"
    TEST = "test"
    PRODUCTION = "production"


# Longer ones exceed what dates or time-outs of PostgreSQL can hold.
Seconds = Annotated[int, Field(le=24 * 60 * 60)]
ExactSeconds = Annotated[float, Field(le=24 * 60 * 60)]
Minutes = Annotated[int, Field(le=366 * 24 * 60)]
Hours = Annotated[int, Field(le=100 * 366 * 24)]
Days = Annotated[int, Field(le=100 * 366)]


class Section(BaseSettings):
    model_config = SettingsConfigDict(
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
    )


def list_of(value: object) -> object:
    """Split a comma-separated string."""
    if not isinstance(value, str):
        return value
    return [part.strip() for part in value.split(",") if part.strip()]
