"""The services of notifications."""

from backend.repositories.notifications.unit import NotificationsUnits
from backend.services.identity.token_mails import AccountMails
from backend.services.mail.delivery import MailService
from backend.services.notifications.handler import Notifier
from backend.services.notifications.notifications import NotificationService
from backend.services.notifications.stream import NotificationWatch
from backend.services.platform.live_streams import LiveStreams


class NotificationsServices:
    def __init__(
        self,
        uow: NotificationsUnits,
        mails: MailService,
        account_mails: AccountMails,
        streams: LiveStreams,
    ) -> None:
        self.notifications = NotificationService(uow)
        self.notification_watch = NotificationWatch(uow, streams)
        self.notifier = Notifier(uow, mails, account_mails)
