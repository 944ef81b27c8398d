"""Things that are slow to load, such as libraries with their connections, and not always needed."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


class OnDemand(Generic[Thing]):
    """Opened with the first use, once, in a thread: other requests go on meanwhile.

    Attributes:
        opened: None until then, such as for who closes it.
    """

    def __init__(self, open_it: Callable[[], Thing]) -> None:
        self.opened: Thing | None = None
        self._open = open_it
        self._opening = asyncio.Lock()

    async def get(self) -> Thing:
        """Raises what opening it does; the next use tries again."""
        if self.opened is None:
            async with self._opening:
                if self.opened is None:
                    self.opened = await asyncio.to_thread(self._open)
        return self.opened
