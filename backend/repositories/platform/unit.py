"""One transaction and the repositories that work in it, as the services of an area see it.

A unit is used once, by one coroutine, and stays open only while it talks to the database. Each area
has a `...Reading` and a `...Unit` of its own, with its repositories and those of the areas below: a
service reaches nothing else.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from enum import StrEnum
from typing import Protocol, TypeVar
from uuid import UUID

from backend.core.caching import CacheName
from backend.models.platform.domain_events import DomainEvent
from backend.models.platform.job_requests import JobRequest
from backend.repositories.platform.audit_events import EventRepository
from backend.repositories.platform.idempotency import IdempotencyRepository

Subscriptions = Callable[[DomainEvent, UUID], Sequence[JobRequest]]
"""The jobs that an event starts, as `backend.jobs.subscriptions` has them."""


class Channel(StrEnum):
    """What processes tell each other of, by LISTEN and NOTIFY."""

    CACHE = "mvp_cache"
    EXECUTIONS = "mvp_executions"
    NOTIFICATIONS = "mvp_notifications"


class PlatformReading(Protocol):
    """Single statements outside a transaction. Refuses to write."""

    @property
    def idempotency(self) -> IdempotencyRepository: ...
    @property
    def events(self) -> EventRepository: ...


class PlatformUnit(PlatformReading, Protocol):
    """A transaction. What is not committed when the unit is left is rolled back."""

    def record(self, event: DomainEvent) -> None:
        """Tell what has happened: with the commit it is kept, and the jobs of its handlers are.

        Changes nothing if there is no commit.
        """
        ...

    async def defer(self, job: JobRequest) -> int:
        """Have work done in the background once this transaction has committed.

        Answers the id of the job.
        """
        ...

    def notify(self, channel: Channel, payload: str) -> None:
        """Tell all processes that listen, once this transaction has committed. At most 8,000 bytes.

        Nobody who is away hears of it later: send what to look at, not what to know.
        """
        ...

    def forget(self, cache: CacheName, owner: UUID) -> None:
        """Have the caches of this process forget what they know of the owner, with the commit.

        The next request here then finds the change. Other processes hear of it from the
        triggers of the tables, within milliseconds.
        """
        ...

    async def commit(self) -> None: ...


Unit_co = TypeVar("Unit_co", bound=PlatformUnit, covariant=True)
Reading_co = TypeVar("Reading_co", bound=PlatformReading, covariant=True)


class Units(Protocol[Unit_co, Reading_co]):
    """Makes a fresh unit at each call; units are neither nested nor shared."""

    def __call__(self) -> AbstractAsyncContextManager[Unit_co]: ...

    def reading(self) -> AbstractAsyncContextManager[Reading_co]: ...


PlatformUnits = Units[PlatformUnit, PlatformReading]
