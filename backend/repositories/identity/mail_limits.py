from datetime import datetime
from typing import Protocol

from backend.models.identity.mail_limits import MailRequest
from backend.repositories.platform.base import Repository


class MailRequestRepository(Repository[MailRequest], Protocol):
    async def lock(self, request: MailRequest) -> None:
        """Lock the account and the address for counting until the unit ends."""
        ...

    async def nth_of_account(self, account_hash: str, n: int, since: datetime) -> datetime | None:
        """Return the time of the n-th newest request since then; None if there are fewer."""
        ...

    async def nth_of_address(
        self, address_hash: str, n: int, since: datetime
    ) -> datetime | None: ...

    async def forget(self, before: datetime) -> None:
        """Delete some processed requests that no longer count."""
        ...
