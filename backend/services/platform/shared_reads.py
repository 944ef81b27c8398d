"""Shares one query among tasks that need the same result at the same time."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")


class SharedReads(Generic[Result]):
    """Callers that ask before a read has begun share it; later ones might miss newer data."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, asyncio.Task[Result]] = {}

    async def read(self, key: Hashable, read: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        """Return what `read` returns, or raise what it raises, for all callers with this key."""
        if key not in self._waiting:
            self._waiting[key] = asyncio.create_task(self._begin(key, read))
        # A caller that is cancelled does not cancel it for the others.
        return await asyncio.shield(self._waiting[key])

    async def _begin(self, key: Hashable, read: Callable[[], Awaitable[Result]]) -> Result:
        # All tasks that were woken together ask before it begins.
        await asyncio.sleep(0)
        del self._waiting[key]
        return await read()
