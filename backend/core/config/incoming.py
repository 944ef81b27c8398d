"""Settings of incoming webhooks: the secrets that their senders sign with."""

from base64 import b64decode
from uuid import UUID

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from backend.core.config.base import Section

_PREFIX = "whsec_"
_FEWEST_BYTES, _MOST_BYTES = 24, 64


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
        if value is not None and not _is_secret(value.get_secret_value()):
            raise ValueError(
                f"must be a secret of Standard Webhooks: {_PREFIX} and {_FEWEST_BYTES} to "
                f"{_MOST_BYTES} random bytes in base64"
            )
        return value

    @property
    def secrets(self) -> dict[str, str]:
        """Return the secrets that are set, by the source."""
        found = {"tasks": self.tasks_secret}
        return {name: each.get_secret_value() for name, each in found.items() if each is not None}


def _is_secret(text: str) -> bool:
    if not text.startswith(_PREFIX):
        return False
    encoded = text.removeprefix(_PREFIX).rstrip("=")
    try:
        secret = b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except ValueError:
        return False
    return _FEWEST_BYTES <= len(secret) <= _MOST_BYTES
