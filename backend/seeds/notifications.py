"""Notifications of the seeded member: two unread and one read."""

from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from backend.core.permissions import SubjectKind
from backend.models.notifications.notifications import Notification, NotificationKind
from backend.seeds.base import SeedContext, seed_id, seeded_user
from backend.seeds.executions import FAILED
from backend.seeds.modules import MODULES
from backend.seeds.tasks import TASKS
from backend.seeds.users import MEMBER


class SeedNotification(NamedTuple):
    """`about` is the name of a seeded row; `days` is the age in days."""

    kind: NotificationKind
    title: str
    about: str
    subject: SubjectKind
    days: int
    is_read: bool = False


NOTIFICATIONS = (
    SeedNotification(
        NotificationKind.MODULE_CREATED,
        "You have a new module",
        MODULES[0][0],
        SubjectKind.MODULE,
        days=30,
        is_read=True,
    ),
    SeedNotification(
        NotificationKind.EXECUTION_FINISHED,
        "Your execution has failed",
        FAILED.name,
        SubjectKind.EXECUTION,
        days=2,
    ),
    SeedNotification(
        NotificationKind.TASK_ASSIGNED,
        "A task was assigned to you",
        TASKS[0].title,
        SubjectKind.TASK,
        days=1,
    ),
)


class NotificationSeeder:
    async def run(self, context: SeedContext) -> int:
        async with context.uow(context.scope) as uow:
            member = await seeded_user(uow, MEMBER.email)
            rows = [_row(seeded, member.id, context) for seeded in NOTIFICATIONS]
            added = await uow.notifications.add_missing(rows)
            await uow.commit()
        return added


def _row(seeded: SeedNotification, user_id: UUID, context: SeedContext) -> Notification:
    created = context.now - timedelta(days=seeded.days)
    return Notification(
        id=seed_id("notification", seeded.about),
        kind=seeded.kind,
        title=seeded.title,
        text=seeded.about,
        subject_kind=seeded.subject,
        subject_id=seed_id(seeded.subject, seeded.about),
        user_id=user_id,
        event_id=seed_id("event", seeded.about),
        created_at=created,
        read_at=created + timedelta(hours=1) if seeded.is_read else None,
    )
