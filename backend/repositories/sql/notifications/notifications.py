from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from backend.core.errors import NotFoundError
from backend.models.notifications.notifications import (
    Delivery,
    Notification,
    NotificationKind,
    NotificationPreference,
    NotificationQuery,
)
from backend.models.platform.mixins import now
from backend.models.platform.paging import Page
from backend.repositories.sql.platform.base import in_order
from backend.repositories.sql.platform.filters import one_of
from backend.repositories.sql.platform.keyset import MOMENT, by_column
from backend.repositories.sql.platform.lists import SqlList
from backend.repositories.sql.platform.named_locks import lock


class SqlNotificationRepository(SqlList[Notification, NotificationQuery]):
    model = Notification
    kind = "notification"
    sorts = {"created_at": by_column(Notification.created_at, MOMENT)}

    async def add(self, notification: Notification) -> bool:
        await lock(self._session, f"notifications of {notification.user_id}")
        # The server's clock, read with the lock held: those of two processes may differ. It may
        # have gone back, as when another server took over.
        newest = select(func.max(Notification.created_at)).where(_of(notification.user_id))
        moment = func.greatest(func.clock_timestamp(), newest.scalar_subquery() + _MICROSECOND)
        values = notification.model_dump() | {"created_at": moment}
        added = insert(Notification).values(**values).on_conflict_do_nothing()
        found = await self._session.exec(added.returning(col(Notification.id)))
        return found.first() is not None

    async def page_of(self, user_id: UUID, query: NotificationQuery) -> Page[Notification]:
        return await self._page(query, _of(user_id), *self.conditions(query))

    async def count_unread(self, user_id: UUID) -> int:
        return await self._count([_of(user_id), _UNREAD])

    async def newer_than(self, user_id: UUID, moment: datetime, limit: int) -> list[Notification]:
        newer = select(Notification).where(_of(user_id), col(Notification.created_at) > moment)
        ordered = newer.order_by(col(Notification.created_at), col(Notification.id))
        return list((await self._session.exec(ordered.limit(limit))).all())

    async def moment_of(self, user_id: UUID, notification_id: UUID | None) -> datetime | None:
        own = select(Notification.created_at).where(_of(user_id))
        if notification_id is not None:
            own = own.where(Notification.id == notification_id)
        newest = own.order_by(col(Notification.created_at).desc()).limit(1)
        return (await self._session.exec(newest)).first()

    async def mark_read(self, user_id: UUID, notification_id: UUID) -> Notification:
        one = (col(Notification.id) == notification_id, _of(user_id))
        read_at = func.coalesce(Notification.read_at, now())
        marked = update(Notification).where(*one).values(read_at=read_at).returning(Notification)
        found: Notification | None = (await self._session.exec(marked)).scalar_one_or_none()
        if found is None:
            raise NotFoundError.of(self.kind, notification_id)
        return found

    async def mark_all_read(self, user_id: UUID) -> int:
        locked = in_order(col(Notification.id), _of(user_id), _UNREAD)
        unread = update(Notification).where(locked).values(read_at=now())
        connection = await self._session.connection()
        return (await connection.execute(unread)).rowcount

    async def delivery(self, user_id: UUID, kind: NotificationKind) -> Delivery:
        found = await self._session.get(NotificationPreference, (user_id, kind))
        return found or Delivery.usual(kind)

    async def preferences(self, user_id: UUID) -> list[NotificationPreference]:
        of_the_user = col(NotificationPreference.user_id) == user_id
        found = await self._session.exec(select(NotificationPreference).where(of_the_user))
        return list(found.all())

    async def set_preferences(self, preferences: Collection[NotificationPreference]) -> None:
        if not preferences:
            return
        added = insert(NotificationPreference)
        wanted = {"in_app": added.excluded.in_app, "mail": added.excluded.mail}
        # In a fixed order: otherwise two requests could deadlock.
        ordered = sorted(preferences, key=lambda each: (each.user_id, each.kind))
        connection = await self._session.connection()
        await connection.execute(
            added.on_conflict_do_update(index_elements=["user_id", "kind"], set_=wanted),
            [preference.model_dump() for preference in ordered],
        )

    def conditions(self, query: NotificationQuery) -> Iterator[ColumnElement[bool]]:
        if query.kind:
            yield one_of(Notification.kind, query.kind)
        if query.unread is not None:
            yield _UNREAD if query.unread else col(Notification.read_at).is_not(None)


_MICROSECOND = timedelta(microseconds=1)
_UNREAD = col(Notification.read_at).is_(None)


def _of(user_id: UUID) -> ColumnElement[bool]:
    return col(Notification.user_id) == user_id
