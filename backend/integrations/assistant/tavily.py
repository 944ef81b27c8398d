"""Searching the web with Tavily."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import BaseModel

from backend.core.config import WebSearchSettings
from backend.core.on_demand import OnDemand
from backend.services.assistant.web_search import WebHit, WebSearchUnavailableError

if TYPE_CHECKING:
    from tavily import AsyncTavilyClient

_LONGEST_QUERY = 400
"""Tavily refuses longer ones."""
_MAX_HITS = 20
_LONGEST_TITLE = 300
_LONGEST_URL = 2_000
_LONGEST_TEXT = 4_000


class TavilySearch:
    """Implements `WebSearch`. Tavily's library is loaded with the first search."""

    def __init__(self, key: str, url: str, timeout_seconds: float) -> None:
        self._timeout_seconds = timeout_seconds
        self._client = OnDemand(lambda: _open(key, url))

    async def find(self, query: str, limit: int) -> Sequence[WebHit]:
        """Like `WebSearch.find`."""
        try:
            client = await self._client.get()
            # Tavily's own timeout is per read: a slow server could send bytes for ever.
            async with asyncio.timeout(self._timeout_seconds):
                answer = await client.search(
                    query[:_LONGEST_QUERY],
                    max_results=min(limit, _MAX_HITS),
                    timeout=self._timeout_seconds,
                )
            found = _Answer.model_validate(answer).results
        except Exception as error:  # Tavily's errors have no common base.
            raise WebSearchUnavailableError(f"{type(error).__name__}: {error}") from error
        return [_hit(each) for each in found if _leads_to_the_web(each.url)][:limit]

    async def close(self) -> None:
        """Close the connections to Tavily."""
        if self._client.opened is not None:
            await self._client.opened.close()


def open_web_search(settings: WebSearchSettings) -> TavilySearch | None:
    """None without a key. Opens no connection yet."""
    if settings.api_key is None:
        return None
    key = settings.api_key.get_secret_value()
    return TavilySearch(key, settings.url, settings.timeout_seconds)


class _Found(BaseModel):
    title: str
    url: str
    content: str


class _Answer(BaseModel):
    results: list[_Found]


def _open(key: str, url: str) -> "AsyncTavilyClient":
    from tavily import AsyncTavilyClient  # noqa: PLC0415  # see the class

    return AsyncTavilyClient(api_key=key, api_base_url=url)


def _hit(found: _Found) -> WebHit:
    return WebHit(found.title[:_LONGEST_TITLE], found.url, found.content[:_LONGEST_TEXT])


def _leads_to_the_web(url: str) -> bool:
    """Whether it is a safe link, as people click on it."""
    return url.startswith(("https://", "http://")) and len(url) <= _LONGEST_URL
