from collections.abc import Collection
from datetime import datetime
from typing import Protocol
from uuid import UUID

from backend.models.notifications.notifications import (
    Channels,
    Notification,
    NotificationKind,
    NotificationPreference,
    NotificationQuery,
)
from backend.models.platform.paging import Page
from backend.repositories.platform.base import Repository


class NotificationRepository(Repository[Notification], Protocol):
    async def add(self, notification: Notification) -> bool:
        """Whether it is new: of one event, nobody gets two.

        Those of one person are committed in the order of their `created_at`, which it sets: who
        has seen one has seen all that came before.
        """
        ...

    async def page_of(self, user_id: UUID, query: NotificationQuery) -> Page[Notification]:
        """One page of somebody's own. Raises InvalidCursorError."""
        ...

    async def count_unread(self, user_id: UUID) -> int:
        """Up to MAX_COUNTED."""
        ...

    async def newer_than(self, user_id: UUID, moment: datetime, limit: int) -> list[Notification]:
        """The oldest of somebody's that came after the moment."""
        ...

    async def moment_of(self, user_id: UUID, notification_id: UUID | None) -> datetime | None:
        """When the notification came, or without an id the newest; None if there is none."""
        ...

    async def mark_read(self, user_id: UUID, notification_id: UUID) -> Notification:
        """Reading it again changes nothing. Raises NotFoundError unless it is the user's own."""
        ...

    async def mark_all_read(self, user_id: UUID) -> int:
        """Answers how many were unread."""
        ...

    async def channels(self, user_id: UUID, kind: NotificationKind) -> Channels:
        """What the user wants, or what is usual."""
        ...

    async def preferences(self, user_id: UUID) -> list[NotificationPreference]:
        """What the user wants otherwise than usual."""
        ...

    async def set_preferences(self, preferences: Collection[NotificationPreference]) -> None: ...
