"""Protocols for receiving notices of `UnitOfWork.notify`."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Protocol

from backend.repositories.platform.unit import Channel

ANYTHING = "*"
"""Replaces unknown payloads if notices were missed or too many: reload everything."""


class Subscription(Protocol):
    async def next(self, seconds: float) -> list[str]:
        """Wait for notices; returns each payload once, or nothing after the timeout.

        Notices between two calls are kept for the next. If notices may have been missed,
        subscribers of one payload get that payload, others get `ANYTHING`.
        """
        ...


class Notices(Protocol):
    def subscribe(
        self, channel: Channel, payload: str | None = None
    ) -> AbstractContextManager[Subscription]:
        """Subscribe to one payload of a channel, or to all. Subscribe first and read afterwards.

        `Channel.CACHE` is reserved for the caches.
        """
        ...

    def subscribe_to(
        self, topics: Iterable[tuple[Channel, str]]
    ) -> AbstractContextManager[Subscription]:
        """Subscribe to several payloads at once, which differ even between channels."""
        ...
