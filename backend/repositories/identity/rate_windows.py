"""Entries counted by account and by client address within a window of time."""

from datetime import datetime
from typing import Protocol


class CountedRepository(Protocol):
    async def nth_of_account(self, account_hash: str, n: int, since: datetime) -> datetime | None:
        """Return the time of the n-th newest entry since then; None if there are fewer."""
        ...

    async def nth_of_address(self, address_hash: str, n: int, since: datetime) -> datetime | None:
        """The same of a client address."""
        ...
