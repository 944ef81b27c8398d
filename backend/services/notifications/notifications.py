from uuid import UUID

from backend.core.attempts import retried
from backend.core.permissions import Principal
from backend.models.notifications.notifications import (
    Delivery,
    Notification,
    NotificationKind,
    NotificationPreference,
    NotificationQuery,
    Preferences,
)
from backend.models.platform.paging import Page
from backend.repositories.notifications.unit import NotificationsUnits


class NotificationService:
    """A person's own notifications. Other people's are not found, whatever the role."""

    def __init__(self, uow: NotificationsUnits) -> None:
        self._uow = uow

    async def page(self, query: NotificationQuery, by: Principal) -> tuple[Page[Notification], int]:
        """Return a page and the number of unread notifications. Raises InvalidCursorError."""
        async with self._uow.reading(by) as uow:
            page = await uow.notifications.page_of(by.user_id, query)
            return page, await uow.notifications.count_unread(by.user_id)

    @retried
    async def mark_read(self, notification_id: UUID, by: Principal) -> Notification:
        """Doing it twice changes nothing. Raises NotFoundError."""
        async with self._uow(by) as uow:
            notification = await uow.notifications.mark_read(by.user_id, notification_id)
            await uow.commit()
        return notification

    @retried
    async def mark_all_read(self, by: Principal) -> int:
        """Mark all as read; returns how many were unread."""
        async with self._uow(by) as uow:
            read = await uow.notifications.mark_all_read(by.user_id)
            await uow.commit()
        return read

    async def preferences(self, by: Principal) -> dict[NotificationKind, Delivery]:
        """Return how notifications of every kind are delivered."""
        async with self._uow.reading(by) as uow:
            return _complete(await uow.notifications.preferences(by.user_id))

    @retried
    async def set_preferences(
        self, data: Preferences, by: Principal
    ) -> dict[NotificationKind, Delivery]:
        """Change the named kinds; returns all."""
        wanted = [
            NotificationPreference(user_id=by.user_id, **each.model_dump())
            for each in data.preferences
        ]
        async with self._uow(by) as uow:
            await uow.notifications.set_preferences(wanted)
            found = await uow.notifications.preferences(by.user_id)
            await uow.commit()
        return _complete(found)


def _complete(found: list[NotificationPreference]) -> dict[NotificationKind, Delivery]:
    chosen: dict[NotificationKind, Delivery] = {each.kind: each for each in found}
    return {kind: chosen.get(kind) or Delivery.usual(kind) for kind in NotificationKind}
