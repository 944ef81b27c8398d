"""Loads what posts to receivers with the first delivery: most installations have no webhooks."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from backend.core.config import WebhookSettings
from backend.core.outgoing_addresses import OutgoingAddresses
from backend.services.webhooks.protocols import Answer

if TYPE_CHECKING:
    from backend.integrations.webhooks.http_poster import HttpPoster


class PosterOnDemand:
    def __init__(self, settings: WebhookSettings) -> None:
        self.addresses = OutgoingAddresses(settings.allowed_networks)
        self._settings = settings
        self._poster: HttpPoster | None = None

    async def post(self, url: str, headers: Mapping[str, str], body: str) -> Answer:
        return await self._loaded().post(url, headers, body)

    async def close(self) -> None:
        if self._poster is not None:
            await self._poster.close()

    def _loaded(self) -> "HttpPoster":
        if self._poster is None:
            from backend.integrations.webhooks.http_poster import (  # noqa: PLC0415  # see above
                HttpPoster,
            )

            self._poster = HttpPoster(self._settings, self.addresses)
        return self._poster
