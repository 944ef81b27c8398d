"""What a process remembers of the database, and forgets as soon as it may not hold any more."""

import time
from collections.abc import Awaitable, Callable, Hashable, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from cachetools import TLRUCache

Value = TypeVar("Value")
Load = Callable[[], Awaitable[Value | None]]


class CacheName(StrEnum):
    """The caches that a process has. The triggers that empty them name them, too."""

    IDENTITY = "identity"


class Cache(Protocol[Value]):
    async def get(self, owner: UUID, key: Hashable, load: Load[Value]) -> Value | None:
        """What is remembered, or else what `load` answers. None is not remembered.

        Args:
            owner: whatever changes for this one makes all of its keys be forgotten.
        """
        ...


class LocalCache(Generic[Value]):
    """A cache in the memory of this process; remembers nothing unless it hears of changes.

    Forgetting gives the owner a new version and with it other places, so that what was loaded
    before can't be found, even if it arrives afterwards: read before a change was committed, and
    answered after its notice was heard.
    """

    def __init__(
        self,
        size: int,
        lifetime: Callable[[Value], timedelta],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`size` is the most that is kept, `lifetime` for how long at most."""

        def expires(_place: Hashable, value: Value, at: float) -> float:
            return at + lifetime(value).total_seconds()

        self._values: TLRUCache[Hashable, Value] = TLRUCache(size, expires, clock)
        self._size = size
        self._versions: dict[UUID, int] = {}
        # Of all owners that have none of their own. Versions are never used again.
        self._version = self._newest = 0
        self._hears = False

    async def get(self, owner: UUID, key: Hashable, load: Load[Value]) -> Value | None:
        if not self._hears:
            return await load()
        place = (owner, key, self._versions.get(owner, self._version))
        value = self._values.get(place)
        if value is None:
            value = await load()
            if value is not None:
                self._values[place] = value
        return value

    def forget(self, owner: UUID) -> None:
        if len(self._versions) == self._size:
            # Not one of them alone: it would find its old places again.
            self.forget_all()
        self._newest += 1
        self._versions[owner] = self._newest

    def forget_all(self) -> None:
        self._newest += 1
        self._version = self._newest
        self._versions.clear()
        self._values.clear()

    def hears(self, *, of_changes: bool) -> None:
        """Begin or cease to remember, with nothing in either case."""
        self._hears = of_changes
        self.forget_all()


class Caches:
    """All caches of one process, told by others what to forget."""

    def __init__(self, caches: Mapping[CacheName, LocalCache[Any]]) -> None:
        self._caches = caches

    def forget(self, name: CacheName, owner: UUID) -> None:
        if name in self._caches:
            self._caches[name].forget(owner)

    def hear(self, payload: str) -> None:
        """Take a notice: the name of a cache, and after a colon whose values to forget, or all."""
        name, _, owner = payload.partition(":")
        for known, cache in self._caches.items():
            if known == name:
                try:
                    cache.forget(UUID(owner))
                except ValueError:
                    cache.forget_all()

    def lost(self) -> None:
        for cache in self._caches.values():
            cache.hears(of_changes=False)

    def regained(self) -> None:
        for cache in self._caches.values():
            cache.hears(of_changes=True)


NO_CACHES = Caches({})
"""Of a process that remembers nothing."""
