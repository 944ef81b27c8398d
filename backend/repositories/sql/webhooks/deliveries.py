from collections.abc import Iterator, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, text, update
from sqlmodel import col, select

from backend.models.platform.mixins import new_id
from backend.models.platform.paging import Page
from backend.models.webhooks.deliveries import (
    Attempt,
    DeliveryQuery,
    DeliveryStatus,
    WebhookDelivery,
    WebhookMessage,
)
from backend.repositories.sql.platform.filters import one_of
from backend.repositories.sql.platform.keyset import MOMENT, by_column
from backend.repositories.sql.platform.lists import SqlList

# The queues are locked until the transaction ends, also those that are due: see `queues.py`. Before
# them the webhooks, as by all others: none is switched off or deleted meanwhile.
_ANNOUNCE = text("""
    WITH receivers AS (
        SELECT id FROM webhooks WHERE id = ANY(CAST(:webhook_ids AS uuid[])) AND is_active
        ORDER BY id FOR SHARE
    ), queues AS (
        INSERT INTO webhook_queues (webhook_id, due_at, failures)
        SELECT id, clock_timestamp(), 0 FROM receivers ORDER BY id
        ON CONFLICT (webhook_id) DO UPDATE SET due_at = excluded.due_at
            WHERE webhook_queues.due_at IS NULL OR webhook_queues.due_at > excluded.due_at
    ), message AS (
        INSERT INTO webhook_messages (id, event_type, body, created_at)
        VALUES (:id, :event_type, :body, :created_at)
        ON CONFLICT DO NOTHING
    )
    INSERT INTO webhook_deliveries (
        id, webhook_id, message_id, event_type, status, attempts, created_at, due_at, retry_until
    )
    SELECT delivery_id, receivers.id, :id, :event_type, 'pending', 0,
        clock_timestamp(), clock_timestamp(), clock_timestamp() + :retry_for
    FROM receivers
    JOIN unnest(CAST(:delivery_ids AS uuid[]), CAST(:webhook_ids AS uuid[]))
        AS given(delivery_id, webhook_id) ON given.webhook_id = receivers.id
    ON CONFLICT DO NOTHING
""")
_RECORDED = (
    "delivery_id",
    "status",
    "attempts",
    "duration_ms",
    "response_status",
    "response_beginning",
    "error",
    "pause",
)
_RECORD = text("""
    UPDATE webhook_deliveries SET
        status = attempt.status,
        attempts = attempt.attempts,
        duration_ms = attempt.duration_ms,
        response_status = attempt.response_status,
        response_beginning = attempt.response_beginning,
        error = attempt.error,
        last_attempt_at = clock_timestamp(),
        due_at = clock_timestamp() + attempt.pause
    FROM unnest(
        CAST(:delivery_id AS uuid[]), CAST(:status AS text[]), CAST(:attempts AS int[]),
        CAST(:duration_ms AS int[]), CAST(:response_status AS int[]),
        CAST(:response_beginning AS text[]), CAST(:error AS text[]), CAST(:pause AS interval[])
    ) AS attempt(
        id, status, attempts, duration_ms, response_status, response_beginning, error, pause
    )
    WHERE webhook_deliveries.id = attempt.id
""")


class SqlDeliveryRepository(SqlList[WebhookDelivery, DeliveryQuery]):
    model = WebhookDelivery
    kind = "delivery"
    sorts = {"created_at": by_column(WebhookDelivery.created_at, MOMENT)}

    async def page_of(self, webhook_id: UUID, query: DeliveryQuery) -> Page[WebhookDelivery]:
        of_webhook = col(WebhookDelivery.webhook_id) == webhook_id
        return await self._page(query, of_webhook, *self.conditions(query))

    async def announce(
        self, message: WebhookMessage, webhook_ids: Sequence[UUID], retry_for: timedelta
    ) -> None:
        given = message.model_dump() | {"webhook_ids": list(webhook_ids), "retry_for": retry_for}
        given["delivery_ids"] = [new_id() for _ in webhook_ids]
        await (await self._session.connection()).execute(_ANNOUNCE, given)

    async def record(self, attempts: Sequence[Attempt]) -> None:
        if attempts:
            columns = {name: [getattr(each, name) for each in attempts] for name in _RECORDED}
            await (await self._session.connection()).execute(_RECORD, columns)

    async def of_message(self, webhook_id: UUID, message_id: UUID) -> WebhookDelivery:
        one = (WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.message_id == message_id)
        return (await self._session.exec(select(WebhookDelivery).where(*one))).one()

    async def give_up(self, webhook_id: UUID, reason: str) -> None:
        pending = _pending_of(webhook_id)
        failed = update(WebhookDelivery).where(*pending)
        connection = await self._session.connection()
        await connection.execute(failed.values(status=DeliveryStatus.FAILED, error=reason))

    async def count_pending(self, webhook_id: UUID, limit: int) -> int:
        some = select(WebhookDelivery.id).where(*_pending_of(webhook_id)).limit(limit).subquery()
        return (await self._session.exec(select(func.count()).select_from(some))).one()

    def conditions(self, query: DeliveryQuery) -> Iterator[ColumnElement[bool]]:
        if query.status:
            yield one_of(WebhookDelivery.status, query.status)
        if query.event_type:
            yield one_of(WebhookDelivery.event_type, query.event_type)


def _pending_of(webhook_id: UUID) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    is_pending = col(WebhookDelivery.status) == DeliveryStatus.PENDING
    return col(WebhookDelivery.webhook_id) == webhook_id, is_pending
