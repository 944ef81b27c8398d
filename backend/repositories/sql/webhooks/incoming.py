from uuid import UUID

from sqlmodel import select

from backend.models.webhooks.incoming import IncomingMessage
from backend.repositories.sql.platform.base import SqlRepository


class SqlIncomingRepository(SqlRepository[IncomingMessage]):
    model = IncomingMessage
    kind = "message"

    async def keep(self, message: IncomingMessage) -> tuple[UUID, bool]:
        if await self.add_missing([message]):
            return message.id, True
        same = (
            IncomingMessage.source == message.source,
            IncomingMessage.message_id == message.message_id,
        )
        found = await self._session.exec(select(IncomingMessage.id).where(*same))
        return found.one(), False
