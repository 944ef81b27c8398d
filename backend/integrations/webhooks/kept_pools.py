"""Connections that are kept for the next request, apart for each receiver."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic

from httpcore2 import URL, AsyncConnectionPool


@dataclass
class _Used:
    pool: AsyncConnectionPool
    users: int = 0


@dataclass(frozen=True)
class _Idle:
    pool: AsyncConnectionPool
    since: float


class KeptPools:
    """One pool for each URL.

    A pool of httpcore2 2.16 looks at each of its connections at each request, twice.
    """

    def __init__(self, make: Callable[[URL], AsyncConnectionPool], idle_seconds: float) -> None:
        """What nobody has used for `idle_seconds` is closed when the next request is made."""
        self._make = make
        self._idle_seconds = idle_seconds
        self._used: dict[bytes, _Used] = {}
        # The one that has been idle for longest comes first.
        self._idle: dict[bytes, _Idle] = {}

    @asynccontextmanager
    async def of(self, url: URL) -> AsyncIterator[AsyncConnectionPool]:
        name = bytes(url)
        used = self._taken(name, url)
        try:
            await self._close_idle(until=monotonic() - self._idle_seconds)
            yield used.pool
        finally:
            used.users -= 1
            if not used.users:
                del self._used[name]
                self._idle[name] = _Idle(used.pool, since=monotonic())

    async def close(self) -> None:
        await self._close_idle(until=monotonic())

    def _taken(self, name: bytes, url: URL) -> _Used:
        if name not in self._used:
            idle = self._idle.pop(name, None)
            self._used[name] = _Used(idle.pool if idle else self._make(url))
        used = self._used[name]
        used.users += 1
        return used

    async def _close_idle(self, until: float) -> None:
        while self._idle:
            name, idle = next(iter(self._idle.items()))
            if idle.since > until:
                break
            del self._idle[name]
            await idle.pool.aclose()
