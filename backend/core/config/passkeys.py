"""Settings of passkeys: for which addresses they are good."""

import re
from typing import Annotated, NamedTuple
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from backend.core.config.base import Section, list_of

_THIS_MACHINE = "localhost"


class RelyingParty(NamedTuple):
    """This installation, as browsers name it to passkeys.

    Attributes:
        id: a domain. A passkey is good there and below, for ever; another id makes all useless.
        origins: of the pages that may ask for passkeys.
    """

    id: str
    origins: tuple[str, ...]

    def strangers(self) -> list[str]:
        """Return the origins that are neither at the domain nor below, where browsers refuse."""
        return [each for each in self.origins if not f".{_host(each)}".endswith(f".{self.id}")]


class PasskeySettings(Section):
    model_config = SettingsConfigDict(env_prefix="PASSKEY_")

    rp_id: str | None = Field(
        default=None,
        description="The domain for which passkeys are made, such as example.com; changing it "
        "makes all of them useless. Unset: the host of PUBLIC_URL.",
    )
    origins: Annotated[list[str], NoDecode] = Field(
        default=[],
        description="Origins of the pages that may ask for passkeys, at PASSKEY_RP_ID or below, "
        "separated by commas. Empty: that of PUBLIC_URL.",
    )

    @field_validator("origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return list_of(value)

    @field_validator("rp_id")
    @classmethod
    def _domain(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*", value):
            raise ValueError("must be a domain alone, in lower case, such as example.com")
        return value

    @field_validator("origins")
    @classmethod
    def _secure(cls, value: list[str]) -> list[str]:
        for each in value:
            if each != origin_of(each):
                raise ValueError(f"{each} must be an origin, such as https://app.example.com")
            if not each.startswith("https://") and _host(each) != _THIS_MACHINE:
                raise ValueError(f"{each} must begin with https://, as browsers demand")
        return value

    def party(self, address: str) -> RelyingParty:
        """Return what is set, or else what follows from the address of the frontend."""
        origins = self.origins or [origin_of(address)]
        return RelyingParty(self.rp_id or _host(address), tuple(origins))


def origin_of(address: str) -> str:
    """Return scheme, host and port, as browsers write them."""
    url = urlsplit(address)
    is_usual = url.port == {"https": 443, "http": 80}.get(url.scheme)
    port = "" if url.port is None or is_usual else f":{url.port}"
    host = _host(address)
    return f"{url.scheme}://{f'[{host}]' if ':' in host else host}{port}"


def _host(address: str) -> str:
    return urlsplit(address).hostname or ""
