"""Posts to receivers by HTTP, carefully: nobody vouches for them."""

import asyncio
import ssl
from collections.abc import Mapping

from httpcore2 import (
    URL,
    AsyncConnectionPool,
    NetworkError,
    ProtocolError,
    TimeoutException,
    UnsupportedProtocol,
)

from backend import __version__
from backend.core.config import WebhookSettings
from backend.core.outgoing_addresses import OutgoingAddresses
from backend.core.product import PACKAGE
from backend.core.storable import storable
from backend.integrations.webhooks.guarded_connections import GuardedBackend, RefusedAddressError
from backend.integrations.webhooks.kept_pools import KeptPools
from backend.integrations.webhooks.name_lookups import NameLookups
from backend.services.webhooks.protocols import Answer, NotReachedError

_MAX_ANSWER_BYTES = 4_096
_KEPT_CHARACTERS = 1_000
_IDLE_SECONDS = 2.0
"""Shorter than servers keep idle connections, so that none is used that is just being closed."""
_HEADERS = {"content-type": "application/json", "user-agent": f"{PACKAGE}-webhooks/{__version__}"}


class HttpPoster:
    """Without TLS only to networks of one's own."""

    def __init__(self, settings: WebhookSettings, addresses: OutgoingAddresses) -> None:
        self._seconds = settings.timeout_seconds
        self._context = ssl.create_default_context()
        lookups = NameLookups()
        self._backends = {
            b"https": GuardedBackend(addresses, lookups, only_internal=False),
            b"http": GuardedBackend(addresses, lookups, only_internal=True),
        }
        self._pools = KeptPools(self._pool, _IDLE_SECONDS)

    async def post(self, url: str, headers: Mapping[str, str], body: str) -> Answer:
        try:
            async with asyncio.timeout(self._seconds):
                return await self._post(URL(url), headers, body.encode())
        except TimeoutError:
            raise NotReachedError(f"It took longer than {self._seconds:g} seconds.") from None
        except RefusedAddressError as error:
            raise NotReachedError(str(error)) from None
        except (NetworkError, ProtocolError, TimeoutException, UnsupportedProtocol) as error:
            reason = str(error) or type(error).__name__
            raise NotReachedError(storable(f"It could not be reached: {reason}")) from None

    async def close(self) -> None:
        await self._pools.close()

    async def _post(self, url: URL, headers: Mapping[str, str], body: bytes) -> Answer:
        sent = [*_HEADERS.items(), *headers.items()]
        async with (
            self._pools.of(url) as pool,
            pool.stream("POST", url, headers=sent, content=body) as answer,
        ):
            beginning = b""
            async for part in answer.aiter_stream():
                beginning += part
                if len(beginning) >= _MAX_ANSWER_BYTES:
                    break
        text = beginning[:_MAX_ANSWER_BYTES].decode(errors="replace")
        return Answer(answer.status, storable(text)[:_KEPT_CHARACTERS])

    def _pool(self, url: URL) -> AsyncConnectionPool:
        return AsyncConnectionPool(
            ssl_context=self._context,
            max_connections=None,
            keepalive_expiry=_IDLE_SECONDS,
            network_backend=self._backends[url.scheme],
        )
