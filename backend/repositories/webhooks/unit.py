"""The unit of work as the services of webhooks see it."""

from typing import Protocol

from backend.repositories.background.unit import BackgroundReading, BackgroundUnit
from backend.repositories.platform.unit import Units
from backend.repositories.sales.unit import SalesReading, SalesUnit
from backend.repositories.webhooks.deliveries import DeliveryRepository, WebhookQueueRepository
from backend.repositories.webhooks.incoming import IncomingRepository
from backend.repositories.webhooks.webhooks import WebhookRepository


class WebhooksReading(SalesReading, BackgroundReading, Protocol):
    @property
    def webhooks(self) -> WebhookRepository: ...
    @property
    def webhook_deliveries(self) -> DeliveryRepository: ...
    @property
    def webhook_queues(self) -> WebhookQueueRepository: ...
    @property
    def incoming(self) -> IncomingRepository: ...


class WebhooksUnit(WebhooksReading, SalesUnit, BackgroundUnit, Protocol):
    """A transaction."""


WebhooksUnits = Units[WebhooksUnit, WebhooksReading]
