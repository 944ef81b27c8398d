from datetime import datetime

from sqlalchemy import ColumnElement, delete
from sqlmodel import col, select

from backend.models.mail_requests import MailRequest
from backend.repositories.sql.base import SqlRepository
from backend.repositories.sql.named_locks import lock_both

_FORGOTTEN_AT_ONCE = 100


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
        # Those that somebody else is just forgetting are left to them.
        old = (
            select(MailRequest.id)
            .where(col(MailRequest.requested_at) < before, col(MailRequest.email).is_(None))
            .limit(_FORGOTTEN_AT_ONCE)
            .with_for_update(skip_locked=True)
        )
        await self._session.exec(delete(MailRequest).where(col(MailRequest.id).in_(old)))

    async def _nth(self, which: ColumnElement[bool], n: int, since: datetime) -> datetime | None:
        requests = (
            select(MailRequest.requested_at)
            .where(which, col(MailRequest.requested_at) > since)
            .order_by(col(MailRequest.requested_at).desc())
            .offset(n - 1)
            .limit(1)
        )
        return (await self._session.exec(requests)).one_or_none()
