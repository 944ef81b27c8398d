from datetime import datetime

from sqlalchemy import ColumnElement, and_
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.models.identity.sign_in_failures import SignInFailure
from backend.repositories.sql.identity.rate_windows import counts, forget_some, nth_newest
from backend.repositories.sql.platform.named_locks import lock_both


class SqlSignInRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def lock(self, account_hash: str, address_hash: str) -> None:
        await lock_both(self._session, account_hash, address_hash)

    async def nth_failure_of_account(
        self, account_hash: str, n: int, since: datetime
    ) -> datetime | None:
        return await self._nth_failure(col(SignInFailure.account_hash) == account_hash, n, since)

    async def nth_failure_of_address(
        self, address_hash: str, n: int, since: datetime
    ) -> datetime | None:
        return await self._nth_failure(col(SignInFailure.address_hash) == address_hash, n, since)

    async def record(self, failure: SignInFailure, forget_before: datetime) -> None:
        over = col(SignInFailure.failed_at) < forget_before
        await forget_some(self._session, SignInFailure, col(SignInFailure.id), over)
        self._session.add(failure)
        await self._session.flush()

    async def _nth_failure(
        self, which: ColumnElement[bool], n: int, since: datetime
    ) -> datetime | None:
        moment = col(SignInFailure.failed_at)
        return await nth_newest(self._session, moment, and_(which, counts(moment, since)), n)
