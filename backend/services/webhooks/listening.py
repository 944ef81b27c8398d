"""What webhooks would be told, as it happens, for whoever writes a receiver."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Collection
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
_REMEMBERED = 10_000


class WebhookFeed:
    def __init__(self, uow: WebhooksUnits) -> None:
        self._uow = uow

    async def coming(self, event_types: Collection[str]) -> AsyncGenerator[WebhookMessage, None]:
        """Yield what is told of the events of these types from now on, whatever their receivers."""
        begun = since = now()
        seen = deque[UUID](maxlen=_REMEMBERED)
        while True:
            events = await self._since(since)
            for event in events:
                if event.id not in seen and event.type in event_types:
                    yield await self._message(event)
                seen.append(event.id)
            if events:
                since = max(begun, events[-1].occurred_at - _LATE)
            if len(events) < _PAGE:
                await asyncio.sleep(_LOOK_SECONDS)

    async def _since(self, moment: datetime) -> list[Event]:
        query = EventQuery(sort=EventSort.OCCURRED_AT, limit=_PAGE, occurred_after=moment)
        async with self._uow.reading(SYSTEM) as uow:
            return (await uow.events.page(query)).items

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
