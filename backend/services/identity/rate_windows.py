"""Common parts of limits by account and by client address."""

from datetime import datetime, timedelta
from hashlib import sha256
from math import ceil
from typing import Protocol

from backend.core.errors import RateLimitedError
from backend.models.platform.mixins import now
from backend.repositories.identity.rate_windows import CountedRepository


class Counted(Protocol):
    """An entry to count."""

    @property
    def account_hash(self) -> str: ...
    @property
    def address_hash(self) -> str: ...


class RateLimit:
    """Limits entries by account and by client address within a sliding window of time."""

    def __init__(self, per_account: int, per_address: int, minutes: int, refusal: str) -> None:
        """`refusal` is the text of the error at the limit."""
        self._per_account = per_account
        self._per_address = per_address
        self._window = timedelta(minutes=minutes)
        self._refusal = refusal

    def begins(self) -> datetime:
        """Return the start of the window: earlier entries no longer count."""
        return now() - self._window

    async def check(self, rows: CountedRepository, row: Counted) -> None:
        """Raises RateLimitedError at the limit."""
        account = (row.account_hash, self._per_account)
        address = (row.address_hash, self._per_address)
        oldest = await rows.nth(account, address, self.begins())
        if oldest is not None:
            seconds = ceil((oldest + self._window - now()).total_seconds())
            raise RateLimitedError(self._refusal, retry_after=seconds)


def hashed(text: str) -> str:
    """SHA-256: enough for counting, without storing the address."""
    return sha256(text.encode()).hexdigest()
