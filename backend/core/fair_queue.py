"""A fair queue for expensive work: a client with many requests delays itself, not others."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager

from backend.core.errors import RateLimitedError, UnavailableError

_RETRY_SECONDS = 5


class FairQueue:
    """Limits concurrent work. Waiting clients take turns; requests of one client run in order.

    So a new client waits for one request of each other client, however many the others have sent.
    """

    def __init__(self, at_once: int, max_per_client: int, max_waiting: int) -> None:
        """Up to `max_per_client` requests of a client may wait, and `max_waiting` of all."""
        self._free = at_once
        self._max_per_client = max_per_client
        self._max_waiting = max_waiting
        self._waiting: OrderedDict[Hashable, deque[asyncio.Future[None]]] = OrderedDict()
        self._count = 0

    @asynccontextmanager
    async def turn(self, client: Hashable) -> AsyncIterator[None]:
        """Wait for a turn and hold it inside the block.

        Raises:
            RateLimitedError: too many requests of the client are waiting.
            UnavailableError: too many requests of all clients are waiting.
        """
        await self._enter(client)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, client: Hashable) -> None:
        if self._free:
            self._free -= 1
            return
        self._check_room(client)
        place = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(client, deque()).append(place)
        self._count += 1
        try:
            await place
        except asyncio.CancelledError:
            if not place.cancelled():
                # Its turn came at the same moment: hand it to the next.
                self._leave()
            raise

    def _check_room(self, client: Hashable) -> None:
        if len(self._waiting.get(client, ())) >= self._max_per_client:
            raise RateLimitedError("Too many concurrent requests; wait a moment.", _RETRY_SECONDS)
        if self._count >= self._max_waiting:
            raise UnavailableError("The server has too much to do now.", _RETRY_SECONDS)

    def _leave(self) -> None:
        while self._waiting:
            client, places = self._waiting.popitem(last=False)
            place = places.popleft()
            self._count -= 1
            if places:
                self._waiting[client] = places
            if not place.done():
                place.set_result(None)
                return
        self._free += 1
