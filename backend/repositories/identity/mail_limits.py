from datetime import datetime
from typing import Protocol

from backend.models.identity.mail_limits import MailRequest
from backend.repositories.identity.rate_windows import CountedRepository
from backend.repositories.platform.base import Repository


class MailRequestRepository(CountedRepository, Repository[MailRequest], Protocol):
    async def lock(self, request: MailRequest) -> None:
        """Lock the account and the address for counting until the unit ends."""
        ...

    async def forget(self, before: datetime) -> None:
        """Delete some processed requests that no longer count."""
        ...
