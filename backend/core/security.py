"""Passwords, access tokens and random tokens. The only file that knows python-jose."""

import asyncio
import hmac
import os
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any, TypeVar
from uuid import UUID, uuid4

from jose import JWTError, jwk, jwt
from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError

from backend.core.config import SecuritySettings
from backend.core.errors import AuthenticationError

Result = TypeVar("Result")

_ALGORITHM = "HS256"
_ACCESS = "access"
_LONGEST_TOKEN = 2_000


@cache
def _nobodys_hash() -> str:
    """A hash that no password matches, made once in a process; unknown accounts are compared
    with it."""
    return PasswordHash.recommended().hash(new_token())


class PasswordHasher:
    """argon2 in threads of its own, one for each processor: it takes 64 MiB and about 0.1 s."""

    def __init__(self) -> None:
        self._hash = PasswordHash.recommended()
        self._threads = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="argon2")
        self._threads.submit(_nobodys_hash)

    async def hash(self, password: str) -> str:
        return await self._in_thread(self._hash.hash, password)

    async def verify(self, password: str, password_hash: str | None) -> bool:
        """Compare, taking as long where there is no hash as where there is one."""
        return await self._in_thread(self._verify, password, password_hash)

    def _verify(self, password: str, password_hash: str | None) -> bool:
        try:
            right = self._hash.verify(password, password_hash or _nobodys_hash())
        except UnknownHashError:
            return False
        return right and password_hash is not None

    async def _in_thread(self, function: Callable[..., Result], *arguments: Any) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)


@dataclass(frozen=True, slots=True)
class AccessClaims:
    user_id: UUID
    session_id: UUID


def fingerprint(settings: SecuritySettings, *parts: str | bytes) -> str:
    """A keyed SHA-256 of what a request asks for: nobody can guess a password in it from this."""
    digest = hmac.new(settings.secret_key.get_secret_value().encode(), digestmod=sha256)
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(len(content).to_bytes(8, "big"))
        digest.update(content)
    return digest.hexdigest()


def derived_token(settings: SecuritySettings, purpose: str, token_id: UUID) -> str:
    """256 bits that only the secret key can make, and makes again: nobody has to keep them."""
    return fingerprint(settings, "derived token", purpose, token_id.bytes)


class AccessTokens:
    """Signs and reads access tokens. They hold no role: it would be stale."""

    def __init__(self, settings: SecuritySettings) -> None:
        self._key = jwk.construct(settings.secret_key.get_secret_value(), _ALGORITHM)
        self._issuer = settings.token_issuer
        self._audience = settings.token_audience
        self.lifetime = timedelta(minutes=settings.access_token_minutes)

    def sign(self, claims: AccessClaims) -> str:
        now = datetime.now(UTC)
        payload = {
            "sub": str(claims.user_id),
            "sid": str(claims.session_id),
            "iat": now,
            "exp": now + self.lifetime,
            "iss": self._issuer,
            "aud": self._audience,
            "jti": uuid4().hex,
            "kind": _ACCESS,
        }
        return jwt.encode(payload, self._key, algorithm=_ALGORITHM)

    def read(self, token: str) -> AccessClaims:
        """Raises AuthenticationError for every token that we did not sign or that has expired."""
        if len(token) > _LONGEST_TOKEN:
            raise AuthenticationError("This is no access token.")
        required = {f"require_{claim}": True for claim in ("exp", "iat", "iss", "aud", "sub")}
        try:
            payload = jwt.decode(
                token,
                self._key,
                algorithms=[_ALGORITHM],
                issuer=self._issuer,
                audience=self._audience,
                options=required,
            )
            if payload["kind"] != _ACCESS:
                raise AuthenticationError("This is no access token.")
            return AccessClaims(UUID(payload["sub"]), UUID(payload["sid"]))
        except (JWTError, KeyError, ValueError, TypeError, AttributeError, RecursionError):
            raise AuthenticationError("The access token is invalid or has expired.") from None


def new_token() -> str:
    """256 random bits, safe in URLs."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored of a random token. It needs no salt: nobody can guess 256 bits."""
    return sha256(token.encode()).hexdigest()
