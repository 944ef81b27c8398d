"""What webhooks would be told, as it happens, for whoever writes a receiver."""

import asyncio
from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing
from datetime import datetime, timedelta
from uuid import UUID

from backend.core.scopes import SYSTEM
from backend.models.platform.audit_events import Event, EventQuery, EventSort
from backend.models.platform.mixins import now
from backend.models.webhooks.deliveries import WebhookMessage
from backend.models.webhooks.event_types import BY_TYPE
from backend.repositories.webhooks.unit import WebhooksUnits
from backend.services.webhooks.announcing import message_of
from backend.services.webhooks.subjects import told_of

_LOOK_SECONDS = 0.25
_PAGE = 200
_LATE = timedelta(seconds=5)
"""How much later than others an event may be committed that has happened before them."""


class WebhookFeed:
    def __init__(self, uow: WebhooksUnits) -> None:
        self._uow = uow

    async def coming(self, event_types: Collection[str]) -> AsyncGenerator[WebhookMessage, None]:
        """Yield what is told of the events of these types from now on, whatever their receivers."""
        begun = latest = now()
        # What was read before the last time is too old to be read again.
        seen: set[UUID] = set()
        while True:
            read: set[UUID] = set()
            async with aclosing(self._since(max(begun, latest - _LATE))) as events:
                async for event in events:
                    if event.id not in seen and event.type in event_types:
                        yield await self._message(event)
                    read.add(event.id)
                    latest = event.occurred_at
            seen = read
            await asyncio.sleep(_LOOK_SECONDS)

    async def _since(self, moment: datetime) -> AsyncGenerator[Event, None]:
        query = EventQuery(sort=EventSort.OCCURRED_AT, limit=_PAGE, occurred_after=moment)
        while True:
            async with self._uow.reading(SYSTEM) as uow:
                page = await uow.events.page(query)
            for event in page.items:
                yield event
            if page.next_cursor is None:
                return
            query.cursor = page.next_cursor

    async def _message(self, event: Event) -> WebhookMessage:
        happened = event.happened()
        async with self._uow.reading(SYSTEM) as uow:
            return message_of(happened, await told_of(uow, happened))


def known_types(event_types: Collection[str]) -> Collection[str]:
    """Return the given types, or all of them if none is given.

    Raises:
        ValueError: there is no such type.
    """
    unknown = [each for each in event_types if each not in BY_TYPE]
    if unknown:
        raise ValueError(f"{unknown[0]}: must be one of: {', '.join(BY_TYPE)}")
    return event_types or BY_TYPE
