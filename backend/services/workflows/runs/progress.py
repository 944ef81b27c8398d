"""The progress of a run: how many steps are done, and the names of those that are running."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager


class RunProgress:
    def __init__(self, show: Callable[[int, int, str], Awaitable[None]], total: int) -> None:
        """`show` is given the steps done, their total, and the names of those that are running."""
        self._show = show
        self._total = total
        self._done = 0
        self._running: list[str] = []

    @asynccontextmanager
    async def at(self, name: str) -> AsyncIterator[None]:
        """Show the step as running within the block, and count it as done if the block succeeds."""
        self._running.append(name)
        try:
            await self._show_all()
            yield
        finally:
            self._running.remove(name)
        await self.skip(1)

    async def skip(self, count: int) -> None:
        """Count steps as done that did not run."""
        self._done += count
        await self._show_all()

    async def _show_all(self) -> None:
        await self._show(self._done, self._total, ", ".join(self._running))
