"""Loads what posts to receivers with the first delivery: most installations have no webhooks."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from backend.core.config import WebhookSettings
from backend.core.on_demand import OnDemand
from backend.core.outgoing_addresses import OutgoingAddresses
from backend.services.webhooks.protocols import Answer

if TYPE_CHECKING:
    from backend.integrations.webhooks.http_poster import HttpPoster


class PosterOnDemand:
    """Like `HttpPoster`."""

    def __init__(self, settings: WebhookSettings) -> None:
        self.addresses = OutgoingAddresses(settings.allowed_networks)
        self._poster = OnDemand(lambda: _open(settings, self.addresses))

    async def post(self, url: str, headers: Mapping[str, str], body: str) -> Answer:
        return await (await self._poster.get()).post(url, headers, body)

    async def close(self) -> None:
        if self._poster.opened is not None:
            await self._poster.opened.close()


def _open(settings: WebhookSettings, addresses: OutgoingAddresses) -> "HttpPoster":
    from backend.integrations.webhooks import http_poster  # noqa: PLC0415  # see above

    return http_poster.HttpPoster(settings, addresses)
