"""The services of webhooks."""

from backend.core.config import Settings
from backend.core.outgoing_addresses import OutgoingAddresses
from backend.core.scopes import FIRST, Within
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
        settings: Settings,
        addresses: OutgoingAddresses,
        poster: Poster,
    ) -> None:
        """`addresses` are those that `poster` reaches."""
        webhooks, sealer = settings.webhooks, Sealer(settings.security, "webhook")
        self.webhooks = WebhookService(uow, webhooks, addresses, sealer)
        self.sender = WebhookSender(uow, webhooks, Deliverer(poster, sealer))
        self.announcer = WebhookAnnouncer(uow, webhooks, self.sender)
        self.deliveries = DeliveryService(uow, webhooks, self.sender)
        self.incoming = IncomingService(uow, settings.incoming.secrets, _receiving(settings))


def _receiving(settings: Settings) -> Within:
    """The organisation whose messages those of other programs are."""
    wanted = settings.incoming.organisation
    return Within(wanted) if settings.database.has_many_organisations and wanted else FIRST
