"""Common parts of limits by account and by client address."""

from datetime import datetime, timedelta
from hashlib import sha256
from math import ceil

from backend.models.platform.mixins import now


class Window:
    """A sliding window: how long an entry counts."""

    def __init__(self, minutes: int) -> None:
        self._length = timedelta(minutes=minutes)

    def begins(self) -> datetime:
        return now() - self._length

    def seconds_left(self, counted_at: datetime) -> int:
        """Return the seconds until an entry of that time leaves the window."""
        return ceil((counted_at + self._length - now()).total_seconds())


def hashed(text: str) -> str:
    """SHA-256: enough for counting, without storing the address."""
    return sha256(text.encode()).hexdigest()
