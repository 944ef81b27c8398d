from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from backend.core.attempts import retried
from backend.core.config import WebhookSettings
from backend.core.errors import ConflictError, InvalidInputError, PermissionDeniedError
from backend.core.outgoing_addresses import OutgoingAddresses
from backend.core.permissions import Principal, SubjectKind
from backend.core.preconditions import Precondition
from backend.core.sealing import SealBrokenError, Sealer
from backend.core.webhook_signatures import new_webhook_secret
from backend.models.platform.fields import as_requested
from backend.models.platform.idempotency import IdempotencyKey, Outcome
from backend.models.platform.mixins import new_id, now
from backend.models.webhooks.event_types import BY_TYPE
from backend.models.webhooks.webhooks import (
    Webhook,
    WebhookCreate,
    WebhookQuery,
    WebhookSecret,
    WebhookUpdate,
)
from backend.repositories.webhooks.unit import WebhooksReading, WebhooksUnit, WebhooksUnits
from backend.services.platform.crud import CrudService

TELL_WEBHOOKS = "tell_webhooks"
"""The task that events start if a webhook wants them."""
SWITCHED_OFF = "The webhook was switched off."
UNREADABLE = "Its secret can't be read any more, as SECRET_KEY has changed: rotate it."


class WebhookService(
    CrudService[WebhooksUnit, WebhooksReading, Webhook, WebhookQuery, WebhookUpdate]
):
    """The webhooks of the team. Each is told what its owner may read."""

    def __init__(
        self,
        uow: WebhooksUnits,
        settings: WebhookSettings,
        addresses: OutgoingAddresses,
        sealer: Sealer,
    ) -> None:
        super().__init__(uow, SubjectKind.WEBHOOK, lambda unit: unit.webhooks)
        self._keep_previous = timedelta(hours=settings.previous_secret_hours)
        self._addresses = addresses
        self._sealer = sealer

    async def create(
        self, data: WebhookCreate, by: Principal, key: IdempotencyKey | None = None
    ) -> Outcome[Webhook]:
        """Make a webhook that is told what the caller may read.

        Raises:
            InvalidInputError: the address can't be reached by webhooks.
            PermissionDeniedError: the caller may not read what a type of events tells.
        """
        row_id = new_id()
        secret = self._sealer.seal(new_webhook_secret(), row_id)
        row = Webhook.from_input(data, id=row_id, owner_id=by.user_id, sealed_secret=secret)
        return await self._add(row, by, key)

    async def secret(self, webhook_id: UUID, by: Principal) -> WebhookSecret:
        """Raises NotFoundError, or ConflictError if SECRET_KEY has changed."""
        webhook = await self.read(webhook_id, by)
        try:
            secret = self._sealer.open(webhook.sealed_secret, webhook.id)
        except SealBrokenError:
            raise ConflictError(UNREADABLE) from None
        return WebhookSecret(secret=secret, rotating_until=webhook.rotating_until)

    @retried
    async def rotate_secret(self, webhook_id: UUID, by: Principal, match: Precondition) -> Webhook:
        """Sign with a new secret. The present one signs, too, for as long as the settings say.

        Raises as `update` does.
        """
        sealed = self._sealer.seal(new_webhook_secret(), webhook_id)
        async with self._changing(webhook_id, by, match, "secret_rotated") as (_, webhook):
            webhook.rotate(sealed, now() + self._keep_previous)
        return webhook

    async def _check(
        self, uow: WebhooksUnit, row: Webhook, before: Webhook | None, by: Principal
    ) -> None:
        known = set(before.event_types if before else ())
        if before is None or row.url != before.url:
            self._check_address(row.url)
            # Whoever reads there is told all of it.
            known = set()
        _require(by, row, set(row.event_types) - known)
        if row.is_active:
            await uow.event_demands.add(TELL_WEBHOOKS, row.event_types)

    async def _apply(
        self, uow: WebhooksUnit, row: Webhook, changes: dict[str, Any], by: Principal
    ) -> None:
        was_active = row.is_active
        await super()._apply(uow, row, changes, by)
        if row.is_active and not was_active:
            row.switch_on()
            await uow.webhook_queues.resume(row.id)
        elif was_active and not row.is_active:
            await give_up(uow, row.id, SWITCHED_OFF)

    async def _let_go(self, uow: WebhooksUnit, row: Webhook) -> dict[str, Any]:
        # Its deliveries go with it.
        await _lock(uow, row.id)
        return {}

    def _check_address(self, url: str) -> None:
        """Raises InvalidInputError: it is known already that this can't be reached."""
        parts = urlsplit(as_requested(url))
        if not self._addresses.allow_host(parts.hostname or ""):
            raise InvalidInputError("url", "Name a public host: webhooks reach no private ones.")
        if parts.scheme != "https" and not self._addresses.networks:
            raise InvalidInputError("url", "Use https: what webhooks tell is not for others.")


async def give_up(uow: WebhooksUnit, webhook_id: UUID, reason: str) -> None:
    """Let the pending deliveries of a webhook that was switched off fail."""
    await _lock(uow, webhook_id)
    await uow.webhook_deliveries.give_up(webhook_id, reason)


async def _lock(uow: WebhooksUnit, webhook_id: UUID) -> None:
    """Lock a webhook and then its queue, before its deliveries, as those who send do."""
    await uow.webhooks.find_many([webhook_id], for_update=True)
    await uow.webhook_queues.lock([webhook_id])


def _require(by: Principal, webhook: Webhook, event_types: Iterable[str]) -> None:
    """Raises PermissionDeniedError unless the caller may read what the types tell."""
    for event_type in event_types:
        needed = BY_TYPE[event_type].needed
        if needed is not None:
            by.require(needed)
        elif webhook.owner_id != by.user_id:
            raise PermissionDeniedError(
                f"{event_type} is private: its owner alone has it told, and says where."
            )
        else:
            by.require_own()
