from datetime import datetime
from typing import Protocol

from backend.models.identity.sign_in_failures import SignInFailure
from backend.repositories.identity.rate_windows import CountedRepository


class SignInRepository(CountedRepository, Protocol):
    async def lock(self, account_hash: str, address_hash: str) -> None:
        """Lock the account and the address for counting until the unit ends."""
        ...

    async def record(self, failure: SignInFailure, forget_before: datetime) -> None:
        """Store a failure, and delete some that no longer count. Needs the lock."""
        ...
