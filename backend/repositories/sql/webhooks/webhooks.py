from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import col, select

from backend.models.webhooks.webhooks import Webhook, WebhookQuery
from backend.repositories.sql.platform.keyset import MOMENT, by_column
from backend.repositories.sql.platform.lists import SqlList


class SqlWebhookRepository(SqlList[Webhook, WebhookQuery]):
    model = Webhook
    kind = "webhook"
    sorts = {"created_at": by_column(Webhook.created_at, MOMENT)}

    async def wanting(self, event_type: str) -> dict[UUID, UUID]:
        wants = col(Webhook.event_types).contains([event_type])
        found = select(Webhook.id, Webhook.owner_id).where(wants, col(Webhook.is_active))
        return dict((await self._session.exec(found)).all())

    def conditions(self, query: WebhookQuery) -> Iterator[ColumnElement[bool]]:
        if query.is_active is not None:
            yield col(Webhook.is_active) == query.is_active
