"""Entries counted by account and by client address within a window of time."""

from datetime import datetime
from typing import Protocol


class CountedRepository(Protocol):
    async def nth(
        self, of_account: tuple[str, int], of_address: tuple[str, int], since: datetime
    ) -> datetime | None:
        """Return the time of the n-th newest entry since then, of an account or else of an address.

        None if there are fewer of either.

        Args:
            of_account: its hash, and n.
        """
        ...
