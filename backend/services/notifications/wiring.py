"""The services of notifications."""

from dataclasses import dataclass
from typing import Self

from backend.repositories.notifications.unit import NotificationsUnits
from backend.services.mail.delivery import MailService
from backend.services.notifications.handler import Notifier
from backend.services.notifications.notifications import NotificationService
from backend.services.notifications.stream import NotificationWatch
from backend.services.platform.live_streams import LiveStreams


@dataclass(frozen=True)
class NotificationsServices:
    notifications: NotificationService
    notification_watch: NotificationWatch
    notifier: Notifier

    @classmethod
    def wire(cls, uow: NotificationsUnits, mails: MailService, streams: LiveStreams) -> Self:
        return cls(
            notifications=NotificationService(uow),
            notification_watch=NotificationWatch(uow, streams),
            notifier=Notifier(uow, mails),
        )
