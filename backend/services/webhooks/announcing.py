"""Turns an event into deliveries."""

from datetime import timedelta
from uuid import UUID

from backend.core.config import WebhookSettings
from backend.core.scopes import SYSTEM, Scope
from backend.models.platform.domain_events import DomainEvent
from backend.models.platform.mixins import moment_of
from backend.models.webhooks.deliveries import WebhookMessage
from backend.models.webhooks.payloads import body
from backend.repositories.webhooks.unit import WebhooksReading, WebhooksUnits
from backend.services.webhooks.sending import WebhookSender
from backend.services.webhooks.subjects import Told, told_of
from backend.services.webhooks.webhooks import TELL_WEBHOOKS


class WebhookAnnouncer:
    """Handling an event twice adds no delivery twice."""

    def __init__(
        self, uow: WebhooksUnits, settings: WebhookSettings, sender: WebhookSender
    ) -> None:
        self._uow = uow
        self._retry_for = timedelta(hours=settings.retry_hours)
        self._sender = sender

    async def handle(self, event: DomainEvent, scope: Scope) -> None:
        async with self._uow.reading(scope) as uow:
            wanting = await uow.webhooks.wanting(event.type)
            if wanting:
                told = await told_of(uow, event)
                receivers = await _allowed(uow, told, wanting)
        if not wanting:
            await self._end_demand(event.type)
        elif receivers:
            await self.announce(message_of(event, told), receivers, scope)

    async def announce(self, message: WebhookMessage, receivers: list[UUID], scope: Scope) -> None:
        """Queue a message for webhooks, and have it sent."""
        async with self._uow(scope) as uow:
            await uow.webhook_deliveries.announce(message, receivers, self._retry_for)
            await uow.commit()
        # Only now: a job that is waiting already finds what was committed before.
        await self._sender.wake()

    async def _end_demand(self, event_type: str) -> None:
        """If nobody wants events of the type, let them make no more jobs."""
        async with self._uow(SYSTEM) as uow:
            await uow.event_demands.lock(TELL_WEBHOOKS)
            if not await uow.webhooks.wanting(event_type):
                await uow.event_demands.remove(TELL_WEBHOOKS, event_type)
                await uow.commit()


def message_of(event: DomainEvent, told: Told) -> WebhookMessage:
    text = body(event.type, moment_of(event.id), told.data)
    return WebhookMessage(id=event.id, event_type=event.type, body=text)


async def _allowed(uow: WebhooksReading, told: Told, owners: dict[UUID, UUID]) -> list[UUID]:
    """Return the webhooks whose owners may be told, by their owners."""
    people = await uow.users.find_many(set(owners.values()))
    allowed = {owner.id for owner in people if told.may_be_told(owner)}
    return [webhook_id for webhook_id, owner_id in owners.items() if owner_id in allowed]
