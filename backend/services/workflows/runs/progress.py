"""How far a run is, with the names of what is at work."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from backend.services.background.kinds import ExecutionContext


class RunProgress:
    def __init__(self, run: ExecutionContext, total: int) -> None:
        self._run = run
        self._total = total
        self._done = 0
        self._at_work: list[str] = []

    @asynccontextmanager
    async def at(self, name: str) -> AsyncIterator[None]:
        self._at_work.append(name)
        await self._tell()
        yield
        self._at_work.remove(name)
        await self.skip(1)

    async def skip(self, count: int) -> None:
        """So many are over with."""
        self._done += count
        await self._tell()

    async def _tell(self) -> None:
        await self._run.progress(self._done, self._total, ", ".join(self._at_work))
