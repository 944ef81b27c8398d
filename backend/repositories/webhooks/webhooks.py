from typing import Protocol
from uuid import UUID

from backend.models.webhooks.webhooks import Webhook, WebhookQuery
from backend.repositories.platform.base import ListedRepository


class WebhookRepository(ListedRepository[Webhook, WebhookQuery], Protocol):
    async def wanting(self, event_type: str) -> dict[UUID, UUID]:
        """Return the active webhooks that want events of the type: their owners, by their ids."""
        ...
