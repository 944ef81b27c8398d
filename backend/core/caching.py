"""Caches of database rows in the memory of a process, emptied by notices of changes."""

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
    """The caches of a process. The triggers that empty them use the same names."""

    IDENTITY = "identity"


class Cache(Protocol[Value]):
    async def get(self, owner: UUID, key: Hashable, load: Load[Value]) -> Value | None:
        """Return the cached value, or load and cache it; None is never cached.

        Args:
            owner: a change of this one drops all of its keys.
        """
        ...


class LocalCache(Generic[Value]):
    """A cache in the memory of this process; caches nothing unless it receives notices of changes.

    Dropping gives the owner a new version and with it new keys, so that a value loaded before can't
    be found, even if it arrives later: read before a change was committed, and returned after its
    notice was received.
    """

    def __init__(
        self,
        size: int,
        lifetime: Callable[[Value], timedelta],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Keeps up to `size` entries, each for up to `lifetime` seconds."""

        def expires(_place: Hashable, value: Value, at: float) -> float:
            return at + lifetime(value).total_seconds()

        self._values: TLRUCache[Hashable, Value] = TLRUCache(size, expires, clock)
        self._size = size
        self._versions: dict[UUID, int] = {}
        # The version of all owners that have none of their own. Versions are never reused.
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
            # All of them: a single owner would find its old keys again.
            self.forget_all()
        self._newest += 1
        self._versions[owner] = self._newest

    def forget_all(self) -> None:
        self._newest += 1
        self._version = self._newest
        self._versions.clear()
        self._values.clear()

    def hears(self, *, of_changes: bool) -> None:
        """Turn caching on or off; empties it either way."""
        self._hears = of_changes
        self.forget_all()


class Caches:
    """All caches of one process, emptied by notices."""

    def __init__(self, caches: Mapping[CacheName, LocalCache[Any]]) -> None:
        self._caches = caches

    def forget(self, name: CacheName, owner: UUID) -> None:
        if name in self._caches:
            self._caches[name].forget(owner)

    def hear(self, payload: str) -> None:
        """Handle a notice: the name of a cache, optionally a colon and the owner to drop."""
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
"""The caches of a process that caches nothing."""
