"""Protocols of the providers with whom people sign in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from backend.core.config import ProviderName
from backend.services.identity.sign_in_links import SignInLinks


class ProviderRefusedError(Exception):
    """The provider did not vouch for anybody. The text gives the reason, for an operator."""


class ProviderUnavailableError(Exception):
    """The provider does not answer, or not as it should. The text is for an operator."""


@dataclass(frozen=True)
class Attempt:
    """One attempt to sign in: what is sent to the provider, and has to come back.

    Attributes:
        code_verifier: known to this server alone until the code is exchanged (RFC 7636).
        nonce: what the token of the provider has to repeat.
    """

    state: str
    nonce: str
    code_verifier: str
    redirect_uri: str


@dataclass(frozen=True)
class ProvidedPerson:
    """Who somebody is, as a provider says.

    Attributes:
        subject: never changes, and is never given to somebody else.
        is_email_verified: the provider has seen that mails to the address reach them.
    """

    subject: str
    email: str | None
    is_email_verified: bool
    full_name: str | None


class IdentityProvider(Protocol):
    @property
    def title(self) -> str:
        """The name for people to read."""
        ...

    async def authorization_url(self, attempt: Attempt) -> str:
        """Return where to send the browser. Raises ProviderUnavailableError."""
        ...

    async def redeem(self, code: str, attempt: Attempt) -> ProvidedPerson:
        """Return whom the provider has sent back with a code.

        Raises:
            ProviderRefusedError: the code is not valid, or the token is not for this attempt.
            ProviderUnavailableError: try again later.
        """
        ...


IdentityProviders = Mapping[ProviderName, IdentityProvider]


@dataclass(frozen=True)
class OfferedProviders:
    """The configured providers, and where browsers go on their way."""

    by_name: IdentityProviders
    links: SignInLinks
