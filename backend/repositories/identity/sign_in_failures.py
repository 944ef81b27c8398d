from datetime import datetime
from typing import Protocol

from backend.models.identity.sign_in_failures import SignInFailure


class SignInRepository(Protocol):
    async def lock(self, account_hash: str, address_hash: str) -> None:
        """Lock the account and the address for counting until the unit ends."""
        ...

    async def nth_failure_of_account(
        self, account_hash: str, n: int, since: datetime
    ) -> datetime | None:
        """Return the time of the n-th newest failure since then; None if there are fewer."""
        ...

    async def nth_failure_of_address(
        self, address_hash: str, n: int, since: datetime
    ) -> datetime | None: ...

    async def record(self, failure: SignInFailure, forget_before: datetime) -> None:
        """Store a failure, and delete some that no longer count. Needs the lock."""
        ...
