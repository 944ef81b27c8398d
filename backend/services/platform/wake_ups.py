"""Hearing what other processes tell with `UnitOfWork.notify`."""

from contextlib import AbstractContextManager
from typing import Protocol

from backend.repositories.platform.unit import Channel

ANYTHING = "*"
"""In place of payloads that are not known, as notices were missed or too many: look at all."""


class Subscription(Protocol):
    async def next(self, seconds: float) -> list[str]:
        """Wait until something is heard; answers each payload once, or nothing after the time.

        What is heard between two calls waits for the next. Whoever subscribed to one payload is
        given that one when notices may have been missed, others are given `ANYTHING`.
        """
        ...


class Notices(Protocol):
    def subscribe(
        self, channel: Channel, payload: str | None = None
    ) -> AbstractContextManager[Subscription]:
        """Hear one payload of a channel, or all. Subscribe first and look afterwards.

        `Channel.CACHE` is the caches' own, and can't be subscribed to.
        """
        ...
