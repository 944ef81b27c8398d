"""The services of notifications."""

from collections.abc import Mapping

from backend.repositories.notifications.unit import NotificationsUnits
from backend.services.identity.token_mails import AccountMails
from backend.services.notifications.combined_stream import CombinedStream
from backend.services.notifications.handler import Notifier
from backend.services.notifications.notifications import NotificationService
from backend.services.notifications.stream import NotificationWatch
from backend.services.platform.live_streams import LiveStreams, StreamSource


class NotificationsServices:
    def __init__(
        self,
        uow: NotificationsUnits,
        account_mails: AccountMails,
        streams: LiveStreams,
        followed: Mapping[str, StreamSource],
    ) -> None:
        """`followed` is what one stream may follow besides notifications, by parameter."""
        self.notifications = NotificationService(uow)
        self.notification_watch = watch = NotificationWatch(uow, streams)
        self.combined_stream = CombinedStream(streams, {"notifications": watch, **followed})
        self.notifier = Notifier(uow, account_mails)
