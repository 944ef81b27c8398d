"""Access tokens and random tokens. The only file that knows python-jose.

It is loaded with the first access token, as it loads all of cryptography: a worker meets none.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from time import time
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from backend.core.config import SecuritySettings
from backend.core.errors import AuthenticationError

if TYPE_CHECKING:
    from jose.backends.base import Key

_ALGORITHM = "HS256"
_ACCESS = "access"
_LONGEST_TOKEN = 2_000
_MAX_VERIFIED = 10_000


@dataclass(frozen=True, slots=True)
class AccessClaims:
    user_id: UUID
    session_id: UUID


def fingerprint(settings: SecuritySettings, *parts: str | bytes) -> str:
    """A keyed SHA-256 of a request, from which nobody can guess a password in it."""
    digest = hmac.new(settings.secret_key.get_secret_value().encode(), digestmod=sha256)
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(len(content).to_bytes(8, "big"))
        digest.update(content)
    return digest.hexdigest()


def derived_token(settings: SecuritySettings, purpose: str, token_id: UUID) -> str:
    """Return 256 bits derived from the secret key: reproducible, so not stored."""
    return fingerprint(settings, "derived token", purpose, token_id.bytes)


class AccessTokens:
    """Signs and reads access tokens. They contain no role, which could be stale.

    A signature is verified once: a valid token is cached until it expires, by its digest, so that
    no token is kept in memory. Whether its session has ended is not checked here.
    """

    def __init__(self, settings: SecuritySettings) -> None:
        self._secret = settings.secret_key
        self._issuer = settings.token_issuer
        self._audience = settings.token_audience
        self._verified: dict[bytes, tuple[AccessClaims, float]] = {}
        self.lifetime = timedelta(minutes=settings.access_token_minutes)

    def sign(self, claims: AccessClaims, lifetime: timedelta | None = None) -> str:
        from jose import jwt  # noqa: PLC0415  # see above

        now = datetime.now(UTC)
        payload = {
            "sub": str(claims.user_id),
            "sid": str(claims.session_id),
            "iat": now,
            "exp": now + (lifetime or self.lifetime),
            "iss": self._issuer,
            "aud": self._audience,
            "jti": uuid4().hex,
            "kind": _ACCESS,
        }
        return jwt.encode(payload, self._key, algorithm=_ALGORITHM)

    def read(self, token: str) -> AccessClaims:
        """Raises AuthenticationError for every token that we did not sign or that has expired."""
        if len(token) > _LONGEST_TOKEN:
            raise AuthenticationError("This is not an access token.")
        digest = sha256(token.encode()).digest()
        claims, expires = self._verified.get(digest, (None, 0.0))
        if claims is None or expires < time():
            claims, expires = self._verify(token)
            self._remember(digest, claims, expires)
        return claims

    def _verify(self, token: str) -> tuple[AccessClaims, float]:
        """The claims of a token, and when it expires, in seconds since 1970."""
        from jose import JWTError, jwt  # noqa: PLC0415  # see above

        required = {f"require_{claim}": True for claim in ("exp", "iat", "iss", "aud", "sub")}
        try:
            payload: dict[str, Any] = jwt.decode(
                token,
                self._key,
                algorithms=[_ALGORITHM],
                issuer=self._issuer,
                audience=self._audience,
                options=required,
            )
            if payload["kind"] != _ACCESS:
                raise AuthenticationError("This is not an access token.")
            claims = AccessClaims(UUID(payload["sub"]), UUID(payload["sid"]))
            return claims, float(payload["exp"])
        except (JWTError, KeyError, ValueError, TypeError, AttributeError, RecursionError):
            raise AuthenticationError("The access token is invalid or has expired.") from None

    @cached_property
    def _key(self) -> "Key":
        from jose import jwk  # noqa: PLC0415  # see above

        return jwk.construct(self._secret.get_secret_value(), _ALGORITHM)

    def _remember(self, digest: bytes, claims: AccessClaims, expires: float) -> None:
        self._verified.pop(digest, None)
        if len(self._verified) >= _MAX_VERIFIED:
            # The oldest entry, which is likely to expire first.
            del self._verified[next(iter(self._verified))]
        self._verified[digest] = claims, expires


def new_token() -> str:
    """256 random bits, safe in URLs."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """The hash stored for a random token. It needs no salt: nobody can guess 256 bits."""
    return sha256(token.encode()).hexdigest()
