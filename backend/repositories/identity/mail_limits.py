from datetime import datetime
from typing import Protocol

from backend.models.identity.mail_limits import MailRequest
from backend.repositories.platform.base import Repository


class MailRequestRepository(Repository[MailRequest], Protocol):
    async def lock(self, request: MailRequest) -> None:
        """Make everybody else who counts for its account or address wait until the unit ends."""
        ...

    async def nth_of_account(self, account_hash: str, n: int, since: datetime) -> datetime | None:
        """When the n-th newest request since then was; None if there were fewer."""
        ...

    async def nth_of_address(
        self, address_hash: str, n: int, since: datetime
    ) -> datetime | None: ...

    async def forget(self, before: datetime) -> None:
        """Drop some of those that were answered and no longer count."""
        ...
