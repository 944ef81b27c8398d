"""What limits have in common that count by account and by client address."""

from datetime import datetime, timedelta
from hashlib import sha256
from math import ceil

from backend.models.platform.mixins import now


class Window:
    """The time for which something counts."""

    def __init__(self, minutes: int) -> None:
        self._length = timedelta(minutes=minutes)

    def begins(self) -> datetime:
        return now() - self._length

    def seconds_left(self, counted_at: datetime) -> int:
        """Until what was counted then no longer is."""
        return ceil((counted_at + self._length - now()).total_seconds())


def hashed(text: str) -> str:
    """Enough to count by, and no address to read."""
    return sha256(text.encode()).hexdigest()
