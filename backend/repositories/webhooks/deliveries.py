from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol
from uuid import UUID

from backend.models.platform.paging import Page
from backend.models.webhooks.deliveries import (
    Attempt,
    DeliveryQuery,
    WebhookDelivery,
    WebhookMessage,
    WebhookQueue,
)
from backend.models.webhooks.webhooks import Webhook
from backend.repositories.platform.base import Repository


class Due(NamedTuple):
    """A delivery to send, and what."""

    delivery: WebhookDelivery
    body: str


class Batch(NamedTuple):
    """The deliveries of one webhook that are due, the longest first."""

    organisation_id: UUID
    webhook: Webhook
    failures: int
    due: list[Due]


class DeliveryRepository(Repository[WebhookDelivery], Protocol):
    async def page_of(self, webhook_id: UUID, query: DeliveryQuery) -> Page[WebhookDelivery]:
        """Return one page of the deliveries of a webhook. Raises InvalidCursorError."""
        ...

    async def announce(
        self, message: WebhookMessage, webhook_ids: Sequence[UUID], retry_for: timedelta
    ) -> None:
        """Add the message, and a delivery to each active webhook, unless it is there already.

        Has the queues of the webhooks looked at now, and locks both until the unit ends.
        """
        ...

    async def record(self, attempts: Sequence[Attempt]) -> None:
        """Write down how deliveries have been taken."""
        ...

    async def of_message(self, webhook_id: UUID, message_id: UUID) -> WebhookDelivery:
        """Return the delivery of a message that was announced."""
        ...

    async def give_up(self, webhook_id: UUID, reason: str) -> None:
        """Let all pending deliveries of a webhook fail."""
        ...

    async def count_pending(self, webhook_id: UUID, limit: int) -> int:
        """Up to the limit."""
        ...


class WebhookQueueRepository(Protocol):
    async def wake(self, webhook_id: UUID) -> None:
        """Have the queue looked at now, although it has failed, and lock it until the unit ends."""
        ...

    async def claim(self, webhooks: int, deliveries: int, claim_for: timedelta) -> list[Batch]:
        """Return what is due, and claim it for this process.

        Args:
            webhooks: the most webhooks.
            deliveries: the most of each.
            claim_for: how long nobody else sends to these webhooks.
        """
        ...

    async def lock(self, webhook_ids: Sequence[UUID]) -> list[WebhookQueue]:
        """Read and lock the queues; those of webhooks that are gone are left out."""
        ...

    async def give_back(self, webhook_ids: Sequence[UUID]) -> None:
        """Nothing was sent: the queues may be claimed again."""
        ...

    async def release(self, webhook_ids: Sequence[UUID]) -> None:
        """Something was delivered: the queues may be claimed again."""
        ...

    async def resume(self, webhook_id: UUID) -> None:
        """Forget that it has failed."""
        ...

    async def pause(self, webhook_id: UUID, pause: timedelta) -> None:
        """Nothing was delivered: leave the queue alone for the pause."""
        ...

    async def next_due(self) -> datetime | None:
        """When the next delivery may be claimed; None if none is pending."""
        ...
