"""Searching the web, as services see it."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class WebSearchUnavailableError(Exception):
    """The search does not answer, or refuses. The text gives the reason, for an operator."""


class WebHit(NamedTuple):
    """`text` was written by strangers."""

    title: str
    url: str
    text: str


class WebSearch(Protocol):
    async def find(self, query: str, limit: int) -> Sequence[WebHit]:
        """Return up to `limit` of the best hits, within a bounded time.

        Raises:
            WebSearchUnavailableError: try again later, or ask an operator.
        """
        ...
