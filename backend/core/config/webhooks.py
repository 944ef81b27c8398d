"""Settings of webhooks."""

from ipaddress import ip_network
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from backend.core.config.base import Section, list_of


class WebhookSettings(Section):
    model_config = SettingsConfigDict(env_prefix="WEBHOOKS_")

    allowed_networks: Annotated[list[str], NoDecode] = Field(
        default=[],
        description="Private networks that webhooks may reach, such as 10.1.0.0/16, separated by "
        "commas; there without TLS, too. Empty: public addresses alone, by https.",
    )
    timeout_seconds: float = Field(
        default=10, gt=0, le=60, description="How long a receiver may take for one delivery."
    )
    retry_hours: float = Field(
        default=24,
        gt=0,
        le=72,
        description="For how long a delivery is tried again; a webhook that only fails for as "
        "long is switched off.",
    )
    max_pending: int = Field(
        default=10_000,
        ge=1,
        description="Waiting deliveries of a failing webhook, beyond which it is switched off.",
    )
    previous_secret_hours: float = Field(
        default=24,
        ge=0,
        le=720,
        description="How long deliveries are signed with the previous secret, too.",
    )

    @field_validator("allowed_networks", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return list_of(value)

    @field_validator("allowed_networks")
    @classmethod
    def _networks(cls, value: list[str]) -> list[str]:
        for network in value:
            ip_network(network)  # Its ValueError describes the problem.
        return value
