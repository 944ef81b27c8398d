from collections.abc import Collection
from datetime import datetime
from typing import Protocol
from uuid import UUID

from backend.models.notifications.notifications import (
    Delivery,
    Notification,
    NotificationKind,
    NotificationPreference,
    NotificationQuery,
)
from backend.models.platform.paging import Page
from backend.repositories.platform.base import Repository


class NotificationRepository(Repository[Notification], Protocol):
    async def add(self, notification: Notification) -> bool:
        """Store a notification; False if the person already has one of the event.

        It sets `created_at`; those of one person are committed in that order, so that no earlier
        one appears later.
        """
        ...

    async def page_of(self, user_id: UUID, query: NotificationQuery) -> Page[Notification]:
        """Return one page of a person's notifications. Raises InvalidCursorError."""
        ...

    async def count_unread(self, user_id: UUID) -> int:
        """Up to MAX_COUNTED."""
        ...

    async def newer_than(self, user_id: UUID, moment: datetime, limit: int) -> list[Notification]:
        """Return a person's oldest notifications after the time."""
        ...

    async def moment_of(self, user_id: UUID, notification_id: UUID | None) -> datetime | None:
        """Return the time of the notification, or of the newest without an id; None without one."""
        ...

    async def mark_read(self, user_id: UUID, notification_id: UUID) -> Notification:
        """Reading it again changes nothing. Raises NotFoundError unless it is the user's own."""
        ...

    async def mark_all_read(self, user_id: UUID) -> int:
        """Mark all as read; returns how many were unread."""
        ...

    async def delivery(self, user_id: UUID, kind: NotificationKind) -> Delivery:
        """Return what the user has chosen, or the default."""
        ...

    async def preferences(self, user_id: UUID) -> list[NotificationPreference]:
        """Return the user's deviations from the defaults."""
        ...

    async def set_preferences(self, preferences: Collection[NotificationPreference]) -> None: ...
