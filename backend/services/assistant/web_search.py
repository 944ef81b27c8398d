"""Searching the web, as services see it."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class WebSearchUnavailableError(Exception):
    """The search does not answer, or refuses. The text says why, for an operator."""


class WebHit(NamedTuple):
    """`text` was written by strangers."""

    title: str
    url: str
    text: str


class WebSearch(Protocol):
    async def find(self, query: str, limit: int) -> Sequence[WebHit]:
        """The best hits, at most so many; takes a limited time.

        Raises:
            WebSearchUnavailableError: try again later, or ask an operator.
        """
        ...
