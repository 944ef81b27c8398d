"""Any issuer of OpenID Connect, such as Google, Microsoft, Keycloak or Okta."""

from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any
from urllib.parse import quote_plus

from pydantic import BaseModel

from backend.core.config import OAuthClient
from backend.integrations.identity.id_tokens import Claims, IdTokens
from backend.integrations.identity.json_client import JsonClient
from backend.integrations.identity.oauth import exchanged, parsed, with_query
from backend.services.identity.provider_codes import code_challenge
from backend.services.identity.providers import (
    Attempt,
    ProvidedPerson,
    ProviderRefusedError,
    ProviderUnavailableError,
)

_LASTING_SECONDS = 3600
"""How long the endpoints of an issuer are kept."""
_LONGEST_SUBJECT = 255
_TRUE = (True, "true", 1, "1")
"""How issuers write it."""


@dataclass(frozen=True)
class Issuer:
    """
    Attributes:
        title: for people to read.
        url: as its tokens name it.
        verified: the claim that says whether an address was verified.
    """

    title: str
    url: str
    verified: str = "email_verified"


class _Metadata(BaseModel):
    """OpenID Connect Discovery 1.0, section 3."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    token_endpoint_auth_methods_supported: list[str] = ["client_secret_basic"]


class _Tokens(BaseModel):
    id_token: str
    access_token: str | None = None


class OpenIdProvider:
    """Implements `IdentityProvider`."""

    def __init__(self, issuer: Issuer, client: OAuthClient, http: JsonClient) -> None:
        self._issuer = issuer
        self._client = client
        self._http = http
        self._tokens = IdTokens(issuer.url, client.id, self._load_keys)
        self._metadata: _Metadata | None = None
        self._read_at = 0.0

    @property
    def title(self) -> str:
        return self._issuer.title

    async def authorization_url(self, attempt: Attempt) -> str:
        asked = {
            "response_type": "code",
            "client_id": self._client.id,
            "redirect_uri": attempt.redirect_uri,
            "scope": "openid email profile",
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": code_challenge(attempt.code_verifier),
            "code_challenge_method": "S256",
        }
        return with_query((await self._discover()).authorization_endpoint, asked)

    async def redeem(self, code: str, attempt: Attempt) -> ProvidedPerson:
        metadata = await self._discover()
        tokens = await self._exchange(metadata, code, attempt)
        claims = await self._tokens.read(tokens.id_token, attempt.nonce)
        if "email" not in claims and metadata.userinfo_endpoint and tokens.access_token:
            found = await self._userinfo(metadata.userinfo_endpoint, tokens.access_token, claims)
            claims = {**found, **claims}
        return self._person(claims)

    async def _discover(self) -> _Metadata:
        """Raises ProviderUnavailableError."""
        if self._metadata is not None and monotonic() - self._read_at < _LASTING_SECONDS:
            return self._metadata
        url = f"{self._issuer.url.rstrip('/')}/.well-known/openid-configuration"
        found = await self._http.get(url)
        metadata = parsed(found, _Metadata, url)
        if metadata.issuer != self._issuer.url:
            raise ProviderUnavailableError(f"{url} is of another issuer: {metadata.issuer}")
        self._metadata, self._read_at = metadata, monotonic()
        return metadata

    async def _exchange(self, metadata: _Metadata, code: str, attempt: Attempt) -> _Tokens:
        client, basic = self._client, None
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": attempt.redirect_uri,
            "code_verifier": attempt.code_verifier,
        }
        if client.secret is None:
            form["client_id"] = client.id
        elif "client_secret_basic" in metadata.token_endpoint_auth_methods_supported:
            # Encoded as RFC 6749 asks for in section 2.3.1.
            basic = quote_plus(client.id), quote_plus(client.secret)
        else:
            form |= {"client_id": client.id, "client_secret": client.secret}
        answer = await self._http.post(metadata.token_endpoint, form, basic)
        return exchanged(answer, _Tokens, metadata.token_endpoint)

    async def _userinfo(self, url: str, token: str, claims: Claims) -> Mapping[str, Any]:
        found = await self._http.get(url, token)
        if not isinstance(found, dict) or found.get("sub") != claims["sub"]:
            raise ProviderRefusedError(f"{url} is about somebody else")
        return found

    async def _load_keys(self) -> Mapping[str, Any]:
        url = (await self._discover()).jwks_uri
        keys = await self._http.get(url)
        if not isinstance(keys, dict):
            raise ProviderUnavailableError(f"{url} has no keys")
        return keys

    def _person(self, claims: Claims) -> ProvidedPerson:
        subject, email, name = claims["sub"], claims.get("email"), claims.get("name")
        if not 0 < len(subject) <= _LONGEST_SUBJECT:
            raise ProviderRefusedError("the ID token: the subject is empty or too long")
        return ProvidedPerson(
            subject,
            email if isinstance(email, str) else None,
            is_email_verified=claims.get(self._issuer.verified) in _TRUE,
            full_name=name if isinstance(name, str) else None,
        )
