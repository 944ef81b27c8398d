"""ID tokens of OpenID Connect, on joserfc. It is loaded with the first of them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from backend.services.identity.providers import ProviderRefusedError

if TYPE_CHECKING:
    from joserfc.jwk import Key, KeySet

_ALGORITHMS = ["RS256", "PS256", "ES256", "RS384", "PS384", "ES384", "RS512", "PS512", "ES512"]
_ALGORITHMS += ["EdDSA", "Ed25519"]
"""None with a shared secret: a public key could be taken for one."""
_CLOCK_SECONDS = 60
"""How much the clock of an issuer may differ."""

Claims = Mapping[str, Any]
LoadKeys = Callable[[], Awaitable[Mapping[str, Any]]]
"""Returns the JSON Web Key Set of an issuer."""


class IdTokens:
    """Reads the tokens of one issuer for one client. Its keys are kept until they do not fit."""

    def __init__(self, issuer: str, client_id: str, load_keys: LoadKeys) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._load_keys = load_keys
        self._keys: KeySet | None = None

    async def read(self, token: str, nonce: str) -> Claims:
        """Return the claims of a token.

        Raises:
            ProviderRefusedError: the issuer has not made it, or not for this client and attempt, or
                it is not valid at this time.
            ProviderUnavailableError: the keys of the issuer can't be read.
        """
        keys, were_known = self._keys, self._keys is not None
        if keys is None:
            keys = await self._fetch_keys()
        try:
            return await asyncio.to_thread(self._verified, token, keys, nonce)
        except _WrongKeyError as error:
            if not were_known:
                raise ProviderRefusedError(str(error)) from None
        # The issuer may have begun to use another key.
        keys = await self._fetch_keys()
        try:
            return await asyncio.to_thread(self._verified, token, keys, nonce)
        except _WrongKeyError as error:
            raise ProviderRefusedError(str(error)) from None

    async def _fetch_keys(self) -> "KeySet":
        document = await self._load_keys()
        self._keys = await asyncio.to_thread(_key_set, document)
        return self._keys

    def _verified(self, token: str, keys: "KeySet", nonce: str) -> Claims:
        from joserfc import errors, jwt  # noqa: PLC0415  # see above

        try:
            claims = jwt.decode(token, keys, algorithms=_ALGORITHMS).claims
        except (errors.BadSignatureError, errors.InvalidKeyIdError) as error:
            raise _WrongKeyError(f"the ID token: {error}") from None
        except (errors.JoseError, ValueError) as error:
            raise ProviderRefusedError(f"the ID token: {error}") from None
        rules = jwt.JWTClaimsRegistry(
            leeway=_CLOCK_SECONDS,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            rules.validate(claims)
        except errors.JoseError as error:
            raise ProviderRefusedError(f"the ID token: {error}") from None
        # Issued to another client, which has handed it on (OpenID Connect Core, section 3.1.3.7).
        if claims.get("azp", self._client_id) != self._client_id:
            raise ProviderRefusedError("the ID token: issued to another client")
        return claims


class _WrongKeyError(Exception):
    """It was not signed by any of the keys."""


def _key_set(document: Mapping[str, Any]) -> "KeySet":
    from joserfc.jwk import KeySet  # noqa: PLC0415  # see above

    keys = document.get("keys")
    return KeySet(list(_usable(keys if isinstance(keys, list) else [])))


def _usable(keys: list[Any]) -> Iterator["Key"]:
    """Yield those that sign. An issuer may have others, of kinds that are not known here."""
    from joserfc import errors, jwk  # noqa: PLC0415  # see above

    for key in keys:
        if not isinstance(key, dict) or key.get("use", "sig") != "sig" or key.get("kty") == "oct":
            continue
        try:
            yield jwk.import_key(key)
        except (errors.JoseError, ValueError):
            continue
