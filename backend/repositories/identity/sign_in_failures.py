from datetime import datetime
from typing import Protocol

from backend.models.identity.sign_in_failures import SignInFailure


class SignInRepository(Protocol):
    async def lock(self, account_hash: str, address_hash: str) -> None:
        """Make everybody else who counts for this account or address wait until the unit ends."""
        ...

    async def nth_failure_of_account(
        self, account_hash: str, n: int, since: datetime
    ) -> datetime | None:
        """When the n-th newest failure since then was; None if there were fewer."""
        ...

    async def nth_failure_of_address(
        self, address_hash: str, n: int, since: datetime
    ) -> datetime | None: ...

    async def record(self, failure: SignInFailure, forget_before: datetime) -> None:
        """Keep a failure, and drop some of those that no longer count. Needs the lock."""
        ...
