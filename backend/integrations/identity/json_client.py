"""JSON over HTTP with providers, on httpx2, within bounds of time and size."""

import asyncio
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from backend.core.on_demand import OnDemand
from backend.core.product import PACKAGE
from backend.services.identity.providers import ProviderUnavailableError

if TYPE_CHECKING:
    from httpx2 import AsyncClient, Response

_TIMEOUT_SECONDS = 10.0
_MAX_BYTES = 1024 * 1024
_FIRST_ERROR = 300
_FIRST_SERVER_ERROR = 500
_TRY_LATER = {408, 429}


class JsonClient:
    """Connections are opened, and httpx2 is loaded, with the first request."""

    def __init__(self) -> None:
        self._client = OnDemand(_open)

    async def get(self, url: str, token: str | None = None) -> Any:
        """Return what is there. Raises ProviderUnavailableError if it can't be read."""
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        status, body = await self._send("GET", url, headers=bearer)
        if status >= _FIRST_ERROR:
            raise ProviderUnavailableError(f"{url} answers with {status}")
        return body

    async def post(
        self, url: str, form: Mapping[str, str], basic: tuple[str, str] | None = None
    ) -> Any:
        """Return the answer to a form, whether or not it is an error of OAuth.

        Raises:
            ProviderUnavailableError: it does not answer, or with an error of the server.
        """
        status, body = await self._send("POST", url, data=form, auth=basic)
        if status in _TRY_LATER or status >= _FIRST_SERVER_ERROR:
            raise ProviderUnavailableError(f"{url} answers with {status}")
        return body

    async def close(self) -> None:
        """Close the connections."""
        if self._client.opened is not None:
            await self._client.opened.aclose()

    async def _send(self, method: str, url: str, **options: Any) -> tuple[int, Any]:
        client = await self._client.get()
        try:
            # Its own timeout is per read: a slow server could send bytes for ever.
            async with (
                asyncio.timeout(_TIMEOUT_SECONDS),
                client.stream(method, url, **options) as answer,
            ):
                status, content = answer.status_code, await _content(answer)
        except _transport_errors() as error:
            raise ProviderUnavailableError(f"{url}: {type(error).__name__}: {error}") from None
        if content is None:
            raise ProviderUnavailableError(f"{url} answers with too much")
        try:
            return status, json.loads(content)
        except ValueError:
            raise ProviderUnavailableError(f"{url} answers with {status} and no JSON") from None


async def _content(answer: "Response") -> bytes | None:
    """Return the body; None if it is too large."""
    content = bytearray()
    async for piece in answer.aiter_bytes():
        content += piece
        if len(content) > _MAX_BYTES:
            return None
    return bytes(content)


def _open() -> "AsyncClient":
    import httpx2  # noqa: PLC0415  # see the class

    headers = {"Accept": "application/json", "User-Agent": PACKAGE}
    return httpx2.AsyncClient(timeout=_TIMEOUT_SECONDS, headers=headers, follow_redirects=False)


def _transport_errors() -> tuple[type[Exception], ...]:
    import httpx2  # noqa: PLC0415  # see the class

    return TimeoutError, httpx2.HTTPError, httpx2.InvalidURL
