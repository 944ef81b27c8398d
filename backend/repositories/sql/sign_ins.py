from datetime import datetime

from sqlalchemy import ColumnElement, delete
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.models.sign_ins import SignInFailure
from backend.repositories.sql.named_locks import lock_both

_FORGOTTEN_AT_ONCE = 100


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
        # Those that somebody else is just forgetting are left to them.
        old = (
            select(SignInFailure.id)
            .where(col(SignInFailure.failed_at) < forget_before)
            .limit(_FORGOTTEN_AT_ONCE)
            .with_for_update(skip_locked=True)
        )
        await self._session.exec(delete(SignInFailure).where(col(SignInFailure.id).in_(old)))
        self._session.add(failure)
        await self._session.flush()

    async def _nth_failure(
        self, which: ColumnElement[bool], n: int, since: datetime
    ) -> datetime | None:
        failures = (
            select(SignInFailure.failed_at)
            .where(which, col(SignInFailure.failed_at) > since)
            .order_by(col(SignInFailure.failed_at).desc())
            .offset(n - 1)
            .limit(1)
        )
        return (await self._session.exec(failures)).one_or_none()
