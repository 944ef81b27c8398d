"""Streams notifications as they arrive."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

from backend.core.permissions import Principal
from backend.models.notifications.notifications import Notification
from backend.repositories.notifications.unit import NotificationsUnits
from backend.repositories.platform.unit import Channel
from backend.services.platform.live_streams import LiveStreams, Part
from backend.services.platform.shared_reads import SharedReads

_AT_ONCE = 100
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_Found = list[tuple[int, Notification]]


class NotificationWatch:
    """A person's notifications are one part of a stream; its positions are microseconds."""

    def __init__(self, uow: NotificationsUnits, streams: LiveStreams) -> None:
        self._uow = uow
        self._streams = streams
        self._reads = SharedReads[_Found]()

    async def coming(self, by: Principal, after: UUID | None) -> AsyncGenerator[Notification, None]:
        """Yield the caller's notifications from now on, or all after the one with this id.

        Ends when the caller's session ends or this process stops.
        """
        # A deleted one gives no position: begin with new ones.
        position = (after and await self._position(by, after)) or await self._position(by, None)
        async with aclosing(self._streams.follow([self._part(by, position)], by)) as news:
            async for each in news:
                if each.row is not None:
                    yield each.row

    async def parts(
        self, ids: Sequence[UUID], after: Mapping[UUID, int], by: Principal
    ) -> list[Part[Notification]]:
        """Return the part of the caller, whose id is that of the person."""
        newest = await self._position(by, None) if ids else 0
        return [self._part(by, min(after.get(person_id, newest), newest)) for person_id in ids]

    def _part(self, by: Principal, position: int) -> Part[Notification]:
        newer = partial(self._newer, by)
        return Part(Channel.NOTIFICATIONS, "notifications", by.user_id, position, newer, _AT_ONCE)

    async def _position(self, by: Principal, notification_id: UUID | None) -> int:
        """Return that of the notification, or of the newest without an id; 0 without one."""
        async with self._uow.reading(by) as uow:
            moment = await uow.notifications.moment_of(by.user_id, notification_id)
        return _position_of(moment) if moment else 0

    async def _newer(self, by: Principal, position: int) -> _Found:
        """Read once for all streams of a person in an organisation that have come as far."""

        async def look() -> _Found:
            seen = _EPOCH + position * _MICROSECOND
            async with self._uow.reading(by) as uow:
                found = await uow.notifications.newer_than(by.user_id, seen, _AT_ONCE)
            return [(_position_of(each.created_at), each) for each in found]

        return await self._reads.read((by.organisation_id, by.user_id, position), look)


def _position_of(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND
