"""Settings of incoming webhooks: the secrets that their senders sign with."""

from uuid import UUID

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from backend.core.config.base import Section


class IncomingSettings(Section):
    model_config = SettingsConfigDict(env_prefix="INCOMING_")

    tasks_secret: SecretStr | None = Field(
        default=None,
        description="Signs requests for tasks to /incoming/tasks; unset: they are refused.",
    )

    organisation: UUID | None = Field(
        default=None,
        description="With ORGANISATIONS=many: whose messages they are; unset: the first one's.",
    )

    @field_validator("tasks_secret")
    @classmethod
    def _is_a_secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith("whsec_"):
            raise ValueError("must be a secret of Standard Webhooks, which begins with whsec_")
        return value

    @property
    def secrets(self) -> dict[str, str]:
        """Return the secrets that are set, by the source."""
        found = {"tasks": self.tasks_secret}
        return {name: each.get_secret_value() for name, each in found.items() if each is not None}
