"""Ids that come back, signed: nothing is stored until they do, and every process knows them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from uuid import UUID

from backend.core.config import SecuritySettings
from backend.core.security import fingerprint
from backend.models.platform.mixins import new_id, now


@dataclass(frozen=True)
class SignedId:
    """
    Attributes:
        id: store it when it comes back, so that it is used once.
        text: as it was handed out.
    """

    id: UUID
    expires_at: datetime
    text: str


class SignedIds:
    """Makes ids for one purpose, and knows again those that have not expired."""

    def __init__(self, settings: SecuritySettings, purpose: str, lifetime: timedelta) -> None:
        self._settings = settings
        self._purpose = purpose
        self._lifetime = lifetime

    def new(self, *bound: str) -> SignedId:
        """`bound` is what has to be the same when it comes back, such as the session."""
        made_id, expires = new_id(), int((now() + self._lifetime).timestamp())
        signed = f"{made_id.hex}.{expires:x}"
        text = f"{signed}.{self._signature(signed, bound)}"
        return SignedId(made_id, datetime.fromtimestamp(expires, UTC), text)

    def read(self, text: str, *bound: str) -> SignedId | None:
        """Return the id; None if it was not made here for this, or has expired."""
        signed, _, signature = text.rpartition(".")
        if not compare_digest(signature.encode(), self._signature(signed, bound).encode()):
            return None
        made_id, _, expires = signed.partition(".")
        expires_at = datetime.fromtimestamp(int(expires, 16), UTC)
        return SignedId(UUID(made_id), expires_at, text) if expires_at > now() else None

    def _signature(self, signed: str, bound: tuple[str, ...]) -> str:
        return fingerprint(self._settings, self._purpose, signed, *bound)
