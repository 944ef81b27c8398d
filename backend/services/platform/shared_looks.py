"""One look for all who want to see the same at the same time."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

Seen = TypeVar("Seen")


class SharedLooks(Generic[Seen]):
    """Whoever asks before a look has begun shares it; who asks later may have heard more."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, asyncio.Task[Seen]] = {}

    async def look(self, key: Hashable, look: Callable[[], Coroutine[Any, Any, Seen]]) -> Seen:
        """What `look` answers or raises, for all who give the same key."""
        if key not in self._waiting:
            self._waiting[key] = asyncio.create_task(self._begin(key, look))
        # Who leaves meanwhile does not end it for the others.
        return await asyncio.shield(self._waiting[key])

    async def _begin(self, key: Hashable, look: Callable[[], Awaitable[Seen]]) -> Seen:
        # Let all others ask first who were woken together with the first of them.
        await asyncio.sleep(0)
        del self._waiting[key]
        return await look()
