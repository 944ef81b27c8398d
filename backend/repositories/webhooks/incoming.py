from typing import Protocol
from uuid import UUID

from backend.models.webhooks.incoming import IncomingMessage
from backend.repositories.platform.base import Repository


class IncomingRepository(Repository[IncomingMessage], Protocol):
    async def keep(self, message: IncomingMessage) -> tuple[UUID, bool]:
        """Store a message, or find it; returns its id, and whether it is new."""
        ...
