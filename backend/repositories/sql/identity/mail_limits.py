from datetime import datetime

from sqlalchemy import and_
from sqlmodel import col

from backend.models.identity.mail_limits import MailRequest
from backend.repositories.sql.identity.rate_windows import SqlCounted, forget_some
from backend.repositories.sql.platform.base import SqlRepository
from backend.repositories.sql.platform.named_locks import lock_both


class SqlMailRequestRepository(SqlCounted, SqlRepository[MailRequest]):
    model = counted = MailRequest
    moment = "requested_at"
    kind = "mail request"

    async def lock(self, request: MailRequest) -> None:
        account, address = (
            f"mails for {name}" for name in (request.account_hash, request.address_hash)
        )
        await lock_both(self._session, account, address)

    async def forget(self, before: datetime) -> None:
        over = and_(col(MailRequest.requested_at) < before, col(MailRequest.email).is_(None))
        await forget_some(self._session, MailRequest, col(MailRequest.id), over)
