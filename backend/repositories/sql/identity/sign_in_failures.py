from datetime import datetime

from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.models.identity.sign_in_failures import SignInFailure
from backend.repositories.sql.identity.rate_windows import SqlCounted, forget_some
from backend.repositories.sql.platform.named_locks import lock_both


class SqlSignInRepository(SqlCounted):
    counted = SignInFailure
    moment = "failed_at"

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def lock(self, account_hash: str, address_hash: str) -> None:
        await lock_both(self._session, account_hash, address_hash)

    async def record(self, failure: SignInFailure, forget_before: datetime) -> None:
        over = col(SignInFailure.failed_at) < forget_before
        await forget_some(self._session, SignInFailure, col(SignInFailure.id), over)
        self._session.add(failure)
        await self._session.flush()
