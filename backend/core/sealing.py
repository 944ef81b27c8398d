"""Encryption of what the database has to hold and must not tell: AES-256-GCM.

The key is derived from SECRET_KEY. cryptography is loaded with the first secret.
"""

import os
from uuid import UUID

from backend.core.config import SecuritySettings
from backend.core.security import fingerprint

_NONCE_BYTES = 12


class SealBrokenError(Exception):
    """It was sealed under another SECRET_KEY, for another owner, or has been changed."""


class Sealer:
    """Seals secrets of one purpose. What is sealed for one owner can't be opened for another."""

    def __init__(self, settings: SecuritySettings, purpose: str) -> None:
        self._key = bytes.fromhex(fingerprint(settings, "sealing", purpose))

    def seal(self, secret: str, owner: UUID) -> bytes:
        from cryptography.hazmat.primitives.ciphers.aead import (  # noqa: PLC0415  # see above
            AESGCM,
        )

        nonce = os.urandom(_NONCE_BYTES)
        return nonce + AESGCM(self._key).encrypt(nonce, secret.encode(), owner.bytes)

    def open(self, sealed: bytes, owner: UUID) -> str:
        """Raises SealBrokenError."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415  # see above
        from cryptography.hazmat.primitives.ciphers.aead import (  # noqa: PLC0415  # see above
            AESGCM,
        )

        nonce, content = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return AESGCM(self._key).decrypt(nonce, content, owner.bytes).decode()
        except (InvalidTag, ValueError):
            # A ValueError if there is too little of it.
            raise SealBrokenError from None
