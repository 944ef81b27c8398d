"""The unit of work as the services of notifications see it."""

from typing import Protocol

from backend.repositories.background.unit import BackgroundReading, BackgroundUnit
from backend.repositories.notifications.notifications import NotificationRepository
from backend.repositories.platform.unit import Units
from backend.repositories.sales.unit import SalesReading, SalesUnit
from backend.repositories.webhooks.unit import WebhooksReading, WebhooksUnit


class NotificationsReading(WebhooksReading, SalesReading, BackgroundReading, Protocol):
    @property
    def notifications(self) -> NotificationRepository: ...


class NotificationsUnit(NotificationsReading, WebhooksUnit, SalesUnit, BackgroundUnit, Protocol):
    """A transaction."""


NotificationsUnits = Units[NotificationsUnit, NotificationsReading]
