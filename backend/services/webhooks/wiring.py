"""The services of webhooks."""

from backend.core.config import IncomingSettings, SecuritySettings, WebhookSettings
from backend.core.outgoing_addresses import OutgoingAddresses
from backend.core.sealing import Sealer
from backend.repositories.webhooks.unit import WebhooksUnits
from backend.services.webhooks.announcing import WebhookAnnouncer
from backend.services.webhooks.deliveries import DeliveryService
from backend.services.webhooks.delivering import Deliverer
from backend.services.webhooks.incoming import IncomingService
from backend.services.webhooks.protocols import Poster
from backend.services.webhooks.sending import WebhookSender
from backend.services.webhooks.webhooks import WebhookService


class WebhooksServices:
    def __init__(
        self,
        uow: WebhooksUnits,
        settings: WebhookSettings,
        security: SecuritySettings,
        addresses: OutgoingAddresses,
        poster: Poster,
        incoming: IncomingSettings,
    ) -> None:
        """`addresses` are those that `poster` reaches."""
        sealer = Sealer(security, "webhook")
        self.webhooks = WebhookService(uow, settings, addresses, sealer)
        self.sender = WebhookSender(uow, settings, Deliverer(poster, sealer))
        self.announcer = WebhookAnnouncer(uow, settings, self.sender)
        self.deliveries = DeliveryService(uow, settings, self.sender)
        self.incoming = IncomingService(uow, incoming.secrets)
