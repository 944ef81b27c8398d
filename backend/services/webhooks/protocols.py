"""The Protocol of sending to receivers."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol


class NotReachedError(Exception):
    """There was no answer. The text gives the reason, for the owner of the webhook."""


class Answer(NamedTuple):
    """
    Attributes:
        beginning: of its text.
    """

    status: int
    beginning: str


class Poster(Protocol):
    async def post(self, url: str, headers: Mapping[str, str], body: str) -> Answer:
        """Send a body within a bounded time, and follow no redirect.

        Raises:
            NotReachedError: there was no answer, or the address may not be reached.
        """
        ...
