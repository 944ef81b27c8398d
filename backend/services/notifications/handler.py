from backend.core.permissions import ROLE_PERMISSIONS
from backend.core.scopes import Scope
from backend.models.mail.mails import Mail, MailKind
from backend.models.notifications.notifications import Notification, NotificationKind
from backend.models.platform.domain_events import DomainEvent
from backend.repositories.notifications.unit import NotificationsUnit, NotificationsUnits
from backend.repositories.platform.unit import Channel
from backend.services.identity.token_mails import AccountMails
from backend.services.mail.delivery import queue_mail
from backend.services.mail.links import frontend_path
from backend.services.notifications.rules import RULES, Message


class Notifier:
    """Turns events into notifications. Handling an event twice notifies nobody twice."""

    def __init__(self, uow: NotificationsUnits, account_mails: AccountMails) -> None:
        self._uow = uow
        self._account_mails = account_mails

    async def handle(self, event: DomainEvent, scope: Scope) -> None:
        async with self._uow(scope) as uow:
            message = await RULES[type(event)](uow, event)
            if message is None or not await _may_know(uow, message):
                return
            delivery = await uow.notifications.delivery(message.receiver_id, message.kind)
            if delivery.in_app:
                await self._keep(uow, event, message)
            if delivery.mail:
                await self._mail(uow, event, message)
            await uow.commit()

    async def _keep(self, uow: NotificationsUnit, event: DomainEvent, message: Message) -> None:
        notification = Notification(
            kind=message.kind,
            title=message.title,
            text=message.text,
            subject_kind=event.kind,
            subject_id=message.subject_id,
            user_id=message.receiver_id,
            event_id=event.id,
        )
        if await uow.notifications.add(notification):
            uow.notify(Channel.NOTIFICATIONS, str(message.receiver_id))

    async def _mail(self, uow: NotificationsUnit, event: DomainEvent, message: Message) -> None:
        receiver = await uow.users.find(message.receiver_id)
        if receiver is None or not receiver.can_sign_in:
            return
        if message.kind is NotificationKind.NEW_DEVICE:
            session = await uow.sessions.get(message.subject_id)
            await self._account_mails.new_device(uow, receiver, session, event.id)
            return
        await queue_mail(
            uow,
            Mail(
                kind=MailKind.NOTIFICATION,
                recipient=receiver.email,
                user_id=receiver.id,
                payload={
                    "title": message.title,
                    "lines": [message.text],
                    "link": frontend_path(event.kind, message.subject_id),
                },
                dedup_key=f"{event.id}:{message.kind}:{receiver.id}",
            ),
        )


async def _may_know(uow: NotificationsUnit, message: Message) -> bool:
    if message.needed is None:
        return True
    receiver = await uow.users.find(message.receiver_id)
    return receiver is not None and message.needed in ROLE_PERMISSIONS[receiver.role]
