"""Streams notifications as they arrive."""

from collections import deque
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from uuid import UUID

from backend.core.permissions import Principal
from backend.models.notifications.notifications import Notification
from backend.repositories.notifications.unit import NotificationsUnits
from backend.repositories.platform.unit import Channel
from backend.services.platform.live_streams import LiveStreams
from backend.services.platform.shared_reads import SharedReads

_AT_ONCE = 100
_EVER = datetime.min.replace(tzinfo=UTC)


class NotificationWatch:
    def __init__(self, uow: NotificationsUnits, streams: LiveStreams) -> None:
        self._uow = uow
        self._streams = streams
        self._reads = SharedReads[list[Notification]]()

    async def coming(self, by: Principal, after: UUID | None) -> AsyncGenerator[Notification, None]:
        """Yield the caller's notifications from now on, or all after the one with this id.

        Ends when the caller's session ends or this process stops. Holds no connection while it
        waits, and queries the database only when there is something new.
        """
        with self._streams.subscribe(Channel.NOTIFICATIONS, str(by.user_id)) as heard:
            seen = await self._begin(by, after)
            coming: deque[Notification] = deque()
            look = True
            while await self._streams.go_on(by):
                if look and not coming:
                    coming.extend(await self._newer(by, seen))
                    # If there were less than that, it was all: of what comes now, it is told.
                    look = len(coming) == _AT_ONCE
                if coming:
                    yield coming[0]
                    seen = coming.popleft().created_at
                else:
                    look = await self._streams.hear(heard)

    async def _begin(self, by: Principal, after: UUID | None) -> datetime:
        async with self._uow.reading(by) as uow:
            moment_of = uow.notifications.moment_of
            # A deleted one gives no position: begin with new ones.
            return await moment_of(by.user_id, after) or await moment_of(by.user_id, None) or _EVER

    async def _newer(self, by: Principal, seen: datetime) -> list[Notification]:
        """Read once for all streams of a person in an organisation that have come as far."""

        async def look() -> list[Notification]:
            async with self._uow.reading(by) as uow:
                return await uow.notifications.newer_than(by.user_id, seen, _AT_ONCE)

        return await self._reads.read((by.organisation_id, by.user_id, seen), look)
