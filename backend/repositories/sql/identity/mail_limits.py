from datetime import datetime

from sqlalchemy import ColumnElement, and_
from sqlmodel import col

from backend.models.identity.mail_limits import MailRequest
from backend.repositories.sql.identity.rate_windows import counts, forget_some, nth_newest
from backend.repositories.sql.platform.base import SqlRepository
from backend.repositories.sql.platform.named_locks import lock_both


class SqlMailRequestRepository(SqlRepository[MailRequest]):
    model = MailRequest
    kind = "mail request"

    async def lock(self, request: MailRequest) -> None:
        account, address = (
            f"mails for {name}" for name in (request.account_hash, request.address_hash)
        )
        await lock_both(self._session, account, address)

    async def nth_of_account(self, account_hash: str, n: int, since: datetime) -> datetime | None:
        return await self._nth(col(MailRequest.account_hash) == account_hash, n, since)

    async def nth_of_address(self, address_hash: str, n: int, since: datetime) -> datetime | None:
        return await self._nth(col(MailRequest.address_hash) == address_hash, n, since)

    async def forget(self, before: datetime) -> None:
        over = and_(col(MailRequest.requested_at) < before, col(MailRequest.email).is_(None))
        await forget_some(self._session, MailRequest, col(MailRequest.id), over)

    async def _nth(self, which: ColumnElement[bool], n: int, since: datetime) -> datetime | None:
        moment = col(MailRequest.requested_at)
        return await nth_newest(self._session, moment, and_(which, counts(moment, since)), n)
