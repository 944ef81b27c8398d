"""Claims what is due, so that no other process sends it meanwhile."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from backend.core.scopes import SYSTEM, Within
from backend.repositories.webhooks.deliveries import Batch
from backend.repositories.webhooks.unit import WebhooksUnits
from backend.services.webhooks.subjects import NO_LONGER_ALLOWED, may_have_webhooks
from backend.services.webhooks.webhooks import give_up

_BATCH = 64


class WebhookClaims:
    def __init__(self, uow: WebhooksUnits, claim_for: timedelta) -> None:
        self._uow = uow
        self._claim_for = claim_for

    async def take(self, count: int) -> list[Batch]:
        """Claim for so many webhooks; return what is left to those whose owners may have one."""
        if count <= 0:
            return []
        async with self._uow(SYSTEM) as uow:
            batches = await uow.webhook_queues.claim(count, _BATCH, self._claim_for)
            await uow.commit()
        allowed: list[Batch] = []
        for organisation_id in {each.organisation_id for each in batches}:
            theirs = [each for each in batches if each.organisation_id == organisation_id]
            allowed += await self._allowed(theirs, Within(organisation_id))
        return allowed

    async def give_back(self, webhook_ids: Sequence[UUID]) -> None:
        """Let others send to these webhooks, to which nothing was sent."""
        if webhook_ids:
            async with self._uow(SYSTEM) as uow:
                await uow.webhook_queues.lock(webhook_ids)
                await uow.webhook_queues.give_back(webhook_ids)
                await uow.commit()

    async def _allowed(self, batches: Sequence[Batch], scope: Within) -> list[Batch]:
        """Return those whose owners may have webhooks; what is pending for the others fails."""
        async with self._uow.reading(scope) as uow:
            owners = await uow.users.find_many({each.webhook.owner_id for each in batches})
        allowed = {each.id for each in owners if may_have_webhooks(each)}
        for each in batches:
            if each.webhook.owner_id not in allowed:
                await self._give_up(each.webhook.id, scope)
        return [each for each in batches if each.webhook.owner_id in allowed]

    async def _give_up(self, webhook_id: UUID, scope: Within) -> None:
        async with self._uow(scope) as uow:
            await give_up(uow, webhook_id, NO_LONGER_ALLOWED)
            await uow.webhook_queues.release([webhook_id])
            await uow.commit()
