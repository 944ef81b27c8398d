from datetime import timedelta
from uuid import UUID

from backend.core.attempts import retried
from backend.core.config import WebhookSettings
from backend.core.errors import ConflictError, NotFoundError
from backend.core.permissions import Principal, SubjectKind
from backend.models.platform.domain_events import ResourceChanged
from backend.models.platform.mixins import moment_of, now
from backend.models.platform.paging import Page
from backend.models.webhooks.deliveries import (
    DeliveryQuery,
    WebhookDelivery,
    WebhookMessage,
)
from backend.models.webhooks.event_types import TEST
from backend.models.webhooks.payloads import Gone, body
from backend.repositories.webhooks.unit import WebhooksReading, WebhooksUnits
from backend.services.webhooks.sending import WebhookSender
from backend.services.webhooks.subjects import NO_LONGER_ALLOWED, may_have_webhooks

_OFF = "The webhook is switched off: switch it on first."
_NOT_ALLOWED = f"{NO_LONGER_ALLOWED} It is told nothing: delete it, and make one."


class DeliveryService:
    """How webhooks have taken what they were told."""

    def __init__(
        self, uow: WebhooksUnits, settings: WebhookSettings, sender: WebhookSender
    ) -> None:
        self._uow = uow
        self._retry_for = timedelta(hours=settings.retry_hours)
        self._sender = sender

    async def page(
        self, webhook_id: UUID, query: DeliveryQuery, by: Principal
    ) -> Page[WebhookDelivery]:
        """Raises NotFoundError or InvalidCursorError."""
        async with self._uow.reading(by) as uow:
            await uow.webhooks.get(webhook_id)
            return await uow.webhook_deliveries.page_of(webhook_id, query)

    async def read(self, webhook_id: UUID, delivery_id: UUID, by: Principal) -> WebhookDelivery:
        """Raises NotFoundError."""
        async with self._uow.reading(by) as uow:
            return await _of(uow, webhook_id, delivery_id)

    @retried
    async def test(self, webhook_id: UUID, by: Principal) -> WebhookDelivery:
        """Have an event sent that only says which webhook it is for.

        Raises:
            NotFoundError: there is no such webhook.
            ConflictError: it is switched off, or its owner may have none any more.
        """
        async with self._uow(by) as uow:
            await _require_told(uow, webhook_id)
            tested = ResourceChanged(
                kind=SubjectKind.WEBHOOK, verb="tested", subject_id=webhook_id, by=by
            )
            text = body(TEST, moment_of(tested.id), Gone(id=webhook_id))
            message = WebhookMessage(id=tested.id, event_type=TEST, body=text)
            await uow.webhook_deliveries.announce(message, [webhook_id], self._retry_for)
            delivery = await uow.webhook_deliveries.of_message(webhook_id, message.id)
            uow.record(tested)
            await uow.commit()
        await self._sender.wake()
        return delivery

    @retried
    async def redeliver(
        self, webhook_id: UUID, delivery_id: UUID, by: Principal
    ) -> WebhookDelivery:
        """Send a delivery again, with the same id and the same content.

        One that is pending is sent now.

        Raises:
            NotFoundError: there is no such delivery.
            ConflictError: the webhook is switched off, or its owner may have none any more.
        """
        async with self._uow(by) as uow:
            await _require_told(uow, webhook_id)
            await uow.webhook_queues.wake(webhook_id)
            delivery = await _of(uow, webhook_id, delivery_id, for_update=True)
            delivery.begin_again(now() + self._retry_for)
            await uow.webhook_deliveries.save(delivery)
            await uow.commit()
        await self._sender.wake()
        return delivery


async def _require_told(uow: WebhooksReading, webhook_id: UUID) -> None:
    """Lock a webhook, so that it is not switched off meanwhile.

    Raises NotFoundError, or ConflictError if it is told nothing.
    """
    found = await uow.webhooks.find_many([webhook_id], for_update=True)
    if not found:
        raise NotFoundError.of(uow.webhooks.kind, webhook_id)
    webhook = found[0]
    if not webhook.is_active:
        raise ConflictError(_OFF)
    owner = await uow.users.find(webhook.owner_id)
    if owner is None or not may_have_webhooks(owner):
        raise ConflictError(_NOT_ALLOWED)


async def _of(
    uow: WebhooksReading, webhook_id: UUID, delivery_id: UUID, *, for_update: bool = False
) -> WebhookDelivery:
    delivery = await uow.webhook_deliveries.get(delivery_id, for_update=for_update)
    if delivery.webhook_id != webhook_id:
        raise NotFoundError.of(uow.webhook_deliveries.kind, delivery_id)
    return delivery
