"""Notifications, as they come."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

from backend.core.permissions import Principal
from backend.models.notifications import Notification
from backend.repositories.unit_of_work import Channel, UnitOfWorkFactory
from backend.services.notices import Notices
from backend.services.sessions import SessionService
from backend.services.waiting import heard_unless

_AT_ONCE = 100
_MOST_SECONDS = 1.0
"""Until it is looked whether the session has ended."""
_EVER = datetime.min.replace(tzinfo=UTC)


class NotificationWatch:
    def __init__(
        self,
        uow: UnitOfWorkFactory,
        sessions: SessionService,
        notices: Notices,
        stopped: asyncio.Event,
    ) -> None:
        """`stopped` ends all watching."""
        self._uow = uow
        self._sessions = sessions
        self._notices = notices
        self._stopped = stopped

    async def coming(self, by: Principal, after: UUID | None) -> AsyncIterator[Notification]:
        """The caller's notifications from now on, or all that came after the one with this id.

        Ends when the session of the caller or this process does. Holds no connection while it
        waits, and asks the database only when there is something to find.
        """
        with self._notices.subscribe(Channel.NOTIFICATIONS, str(by.user_id)) as heard:
            seen = await self._begin(by, after)
            look = True
            while not self._stopped.is_set() and await self._sessions.is_live(by):
                found = await self._newer(by, seen) if look else []
                for notification in found:
                    yield notification
                    seen = notification.created_at
                look = bool(found or await heard_unless(self._stopped, heard, _MOST_SECONDS))

    async def _begin(self, by: Principal, after: UUID | None) -> datetime:
        async with self._uow.reading() as uow:
            moment_of = uow.notifications.moment_of
            # One that is not there any more tells nothing: begin with what comes.
            return await moment_of(by.user_id, after) or await moment_of(by.user_id, None) or _EVER

    async def _newer(self, by: Principal, seen: datetime) -> list[Notification]:
        async with self._uow.reading() as uow:
            return await uow.notifications.newer_than(by.user_id, seen, _AT_ONCE)
