"""A queue for what costs much: whoever asks for a lot waits for themselves, not others for them."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager

from backend.core.errors import RateLimitedError, UnavailableError

_RETRY_SECONDS = 5


class FairQueue:
    """Lets some work at once. Who waits is served by client in turn, and of one first to last.

    So somebody who comes waits for one piece of work of each other client, however many of them
    the others have asked for.
    """

    def __init__(self, at_once: int, max_per_client: int, max_waiting: int) -> None:
        """`max_per_client` of a client may wait, and `max_waiting` of all of them."""
        self._free = at_once
        self._max_per_client = max_per_client
        self._max_waiting = max_waiting
        self._waiting: OrderedDict[Hashable, deque[asyncio.Future[None]]] = OrderedDict()
        self._count = 0

    @asynccontextmanager
    async def turn(self, client: Hashable) -> AsyncIterator[None]:
        """Wait for a turn, and work inside the block.

        Raises:
            RateLimitedError: too many of the client wait already.
            UnavailableError: too many of all wait already.
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
                # Its turn came in the same moment: the next one has it.
                self._leave()
            raise

    def _check_room(self, client: Hashable) -> None:
        if len(self._waiting.get(client, ())) >= self._max_per_client:
            raise RateLimitedError("Too many requests at once; wait a moment.", _RETRY_SECONDS)
        if self._count >= self._max_waiting:
            raise UnavailableError("There is too much to do just now.", _RETRY_SECONDS)

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
