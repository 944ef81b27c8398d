"""Who sends to which webhook.

A queue is locked while its deliveries are added, and while it is found to be empty: so nothing is
added to one that counts as empty.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Interval, func, literal, true, update
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.models.webhooks.deliveries import (
    DeliveryStatus,
    WebhookDelivery,
    WebhookMessage,
    WebhookQueue,
)
from backend.models.webhooks.webhooks import Webhook
from backend.repositories.sql.platform.contention import LOCK
from backend.repositories.sql.platform.filters import one_of
from backend.repositories.sql.platform.organisations import organisation_column
from backend.repositories.webhooks.deliveries import Batch, Due

_NOW = func.clock_timestamp()
_AS_ASKED = func.statement_timestamp()
"""It does not change during the statement, so that an index can be used."""
_PENDING = col(WebhookDelivery.status) == DeliveryStatus.PENDING
_BEGINS: ColumnElement[datetime] = func.greatest(
    WebhookQueue.due_at, WebhookQueue.claimed_until, WebhookQueue.paused_until
)
"""When the queue may be claimed."""
_FIRST_DUE = (
    select(func.min(WebhookDelivery.due_at))
    .where(col(WebhookDelivery.webhook_id) == col(WebhookQueue.webhook_id), _PENDING)
    .scalar_subquery()
)
_WELL: dict[str, Any] = {"paused_until": None, "failures": 0, "failing_since": None}


class SqlWebhookQueueRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def wake(self, webhook_id: UUID) -> None:
        await self._change([webhook_id], due_at=_NOW, **_WELL)

    async def claim(self, webhooks: int, deliveries: int, claim_for: timedelta) -> list[Batch]:
        while found := await self._lock_due(webhooks):
            due = await self._due([webhook.id for _, webhook, _ in found], deliveries)
            batches = [Batch(*each, due.get(each[1].id, [])) for each in found]
            await self._settle([each.webhook.id for each in batches if not each.due])
            if claimed := [each for each in batches if each.due]:
                until = _NOW + literal(claim_for, Interval())
                await self._change([each.webhook.id for each in claimed], claimed_until=until)
                return claimed
        return []

    async def lock(self, webhook_ids: Sequence[UUID]) -> list[WebhookQueue]:
        some = select(WebhookQueue).where(one_of(WebhookQueue.webhook_id, webhook_ids))
        # In a fixed order: otherwise two senders could deadlock.
        locked = some.order_by(col(WebhookQueue.webhook_id)).with_for_update(**LOCK)
        read = locked.execution_options(populate_existing=True)
        return list((await self._session.exec(read)).all())

    async def give_back(self, webhook_ids: Sequence[UUID]) -> None:
        await self._change(webhook_ids, claimed_until=None)

    async def release(self, webhook_ids: Sequence[UUID]) -> None:
        await self._change(webhook_ids, due_at=_FIRST_DUE, claimed_until=None, **_WELL)

    async def resume(self, webhook_id: UUID) -> None:
        await self._change([webhook_id], **_WELL)

    async def pause(self, webhook_id: UUID, pause: timedelta) -> None:
        await self._change(
            [webhook_id],
            claimed_until=None,
            paused_until=_NOW + literal(pause, Interval()),
            failures=WebhookQueue.failures + 1,
            failing_since=func.coalesce(WebhookQueue.failing_since, _NOW),
        )

    async def next_due(self) -> datetime | None:
        is_active = col(WebhookQueue.webhook_id) == col(Webhook.id), col(Webhook.is_active)
        waiting = col(WebhookQueue.due_at).is_not(None)
        return (
            await self._session.exec(select(func.min(_BEGINS)).where(waiting, *is_active))
        ).one()

    async def _lock_due(self, limit: int) -> Sequence[tuple[UUID, Webhook, int]]:
        """Return webhooks with a queue that may be claimed: whose they are, and their failures."""
        found = (
            select(organisation_column(Webhook), Webhook, WebhookQueue.failures)
            .join(WebhookQueue, col(WebhookQueue.webhook_id) == col(Webhook.id))
            .where(
                col(Webhook.is_active),
                col(WebhookQueue.due_at) <= _AS_ASKED,
                _BEGINS <= _AS_ASKED,
            )
            .order_by(col(WebhookQueue.due_at))
            .limit(limit)
            .with_for_update(of=[WebhookQueue], skip_locked=True, **LOCK)
        )
        return (await self._session.exec(found)).all()

    async def _due(self, webhook_ids: Sequence[UUID], limit: int) -> dict[UUID, list[Due]]:
        # So many of each, by the index: a long queue is not read as a whole. Read where they are
        # found: joined by their ids, they are looked for once more for each row of a table that
        # PostgreSQL has not counted yet.
        first = (
            select(WebhookDelivery, WebhookMessage.body)
            .join(WebhookMessage, col(WebhookMessage.id) == col(WebhookDelivery.message_id))
            .where(
                col(WebhookDelivery.webhook_id) == col(WebhookQueue.webhook_id),
                _PENDING,
                col(WebhookDelivery.due_at) <= _AS_ASKED,
            )
            .order_by(col(WebhookDelivery.due_at), col(WebhookDelivery.id))
            .limit(limit)
            .lateral("first")
        )
        rows = (
            select(aliased(WebhookDelivery, first), first.c.body)
            .join_from(WebhookQueue, first, true())
            .where(one_of(WebhookQueue.webhook_id, webhook_ids))
            .order_by(first.c.due_at, first.c.id)
        )
        due: dict[UUID, list[Due]] = {}
        for delivery, body in (await self._session.exec(rows)).all():
            due.setdefault(delivery.webhook_id, []).append(Due(delivery, body))
        return due

    async def _settle(self, webhook_ids: Collection[UUID]) -> None:
        """Nothing is due: wait for the first that will be."""
        if webhook_ids:
            await self._change(webhook_ids, due_at=_FIRST_DUE)

    async def _change(self, webhook_ids: Collection[UUID], **values: Any) -> None:
        some: ColumnElement[bool] = one_of(WebhookQueue.webhook_id, webhook_ids)
        changed = update(WebhookQueue).where(some).values(**values)
        await self._session.exec(changed.execution_options(synchronize_session=False))
