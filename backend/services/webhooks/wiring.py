"""The services of webhooks."""

from backend.core.config import Settings
from backend.core.outgoing_addresses import OutgoingAddresses
from backend.core.scopes import FIRST, Organisations, Within
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
        of_program: Settings,
        addresses: OutgoingAddresses,
        poster: Poster,
    ) -> None:
        """`addresses` are those that `poster` reaches."""
        settings, incoming = of_program.webhooks, of_program.incoming
        sealer = Sealer(of_program.security, "webhook")
        self.webhooks = WebhookService(uow, settings, addresses, sealer)
        self.sender = WebhookSender(uow, settings, Deliverer(poster, sealer))
        self.announcer = WebhookAnnouncer(uow, settings, self.sender)
        self.deliveries = DeliveryService(uow, settings, self.sender)
        self.incoming = IncomingService(uow, incoming.secrets, _receiving(of_program))


def _receiving(settings: Settings) -> Within:
    """The organisation whose messages those of other programs are."""
    has_many = settings.database.organisations is Organisations.MANY
    wanted = settings.incoming.organisation
    return Within(wanted) if has_many and wanted else FIRST
