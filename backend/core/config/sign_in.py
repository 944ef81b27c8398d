"""Settings of signing in with others, such as Google, GitHub, or an issuer of OpenID Connect."""

from enum import StrEnum
from ipaddress import ip_address
from typing import NamedTuple
from uuid import UUID

from pydantic import Field, HttpUrl, SecretStr, TypeAdapter, ValidationInfo, field_validator

from backend.core.config.base import Section


class ProviderName(StrEnum):
    """With whom people can sign in, if it is configured."""

    GOOGLE = "google"
    MICROSOFT = "microsoft"
    GITHUB = "github"
    OIDC = "oidc"


class OAuthClient(NamedTuple):
    """What a provider knows this server by. Without a secret it is a public client."""

    id: str
    secret: str | None


class IdentityProviderSettings(Section):
    """A provider is offered if its client id is set. Without any, nothing of this is loaded."""

    api_url: str | None = Field(
        default=None,
        validate_default=True,
        description="Where browsers reach this server; providers send them back there. "
        "Unset: this machine.",
    )
    google_client_id: str | None = None
    google_client_secret: SecretStr | None = Field(default=None, validate_default=True)
    microsoft_client_id: str | None = None
    microsoft_client_secret: SecretStr | None = Field(default=None, validate_default=True)
    microsoft_tenant: UUID | None = Field(
        default=None,
        validate_default=True,
        description="The id of the directory whose people may sign in.",
    )
    github_client_id: str | None = None
    github_client_secret: SecretStr | None = Field(default=None, validate_default=True)
    github_url: str = "https://github.com"
    github_api_url: str = "https://api.github.com"
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = Field(
        default=None, description="Unset: the issuer takes this server for a public client."
    )
    oidc_issuer: str | None = Field(
        default=None,
        validate_default=True,
        description="As the issuer writes it in its tokens, such as https://id.example.com.",
    )
    oidc_name: str = Field(
        default="OpenID Connect", min_length=1, max_length=60, description="For people to read."
    )

    @field_validator(
        "google_client_secret",
        "microsoft_client_secret",
        "microsoft_tenant",
        "github_client_secret",
        "oidc_issuer",
    )
    @classmethod
    def _complete(cls, value: object, info: ValidationInfo) -> object:
        client_id = f"{str(info.field_name).partition('_')[0]}_client_id"
        if value is None and info.data.get(client_id) is not None:
            raise ValueError(f"is needed with {client_id.upper()}")
        return value

    @field_validator("api_url", "github_url", "github_api_url", "oidc_issuer")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        """Its end is left as it is: an issuer is compared character by character."""
        if value is None:
            return None
        url = TypeAdapter(HttpUrl).validate_python(value)
        if url.query or url.fragment:
            raise ValueError("must not contain ? or #: paths are added to it")
        if url.scheme != "https" and not _is_this_machine(url.host or ""):
            raise ValueError("must begin with https://")
        return value

    @property
    def clients(self) -> dict[ProviderName, OAuthClient]:
        """What the configured providers know this server by, in the order they are offered in."""
        ids = {each: getattr(self, f"{each}_client_id") for each in ProviderName}
        return {
            name: OAuthClient(client_id, _shown(getattr(self, f"{name}_client_secret")))
            for name, client_id in ids.items()
            if client_id is not None
        }


def _shown(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
