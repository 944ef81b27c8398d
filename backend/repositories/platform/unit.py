"""One transaction with its repositories, as the services of an area see it.

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
from backend.core.scopes import Scope
from backend.models.platform.domain_events import DomainEvent
from backend.models.platform.job_requests import JobRequest
from backend.models.platform.organisations import ActingIn, OfOrganisation
from backend.repositories.platform.audit_events import EventRepository
from backend.repositories.platform.event_demands import EventDemandRepository
from backend.repositories.platform.idempotency import IdempotencyRepository

Subscriptions = Callable[[DomainEvent], Sequence[JobRequest]]
"""Return the jobs that an event starts; `backend.jobs.subscriptions` implements it."""


class Channel(StrEnum):
    """Topics of notices between processes, by LISTEN and NOTIFY."""

    CACHE = "mvp_cache"
    CHATS = "mvp_chats"
    EXECUTIONS = "mvp_executions"
    NOTIFICATIONS = "mvp_notifications"


class PlatformReading(Protocol):
    """Single statements outside a transaction. Refuses to write."""

    @property
    def idempotency(self) -> IdempotencyRepository: ...
    @property
    def events(self) -> EventRepository: ...
    @property
    def event_demands(self) -> EventDemandRepository: ...


class PlatformUnit(PlatformReading, Protocol):
    """A transaction. Leaving the unit rolls back what was not committed."""

    def record(self, event: DomainEvent) -> None:
        """Record an event: the commit stores it with the jobs of its handlers.

        Without a commit nothing is stored.
        """
        ...

    async def defer(self, job: JobRequest) -> int:
        """Create a background job, which exists once this transaction has committed.

        Returns the id of the job.
        """
        ...

    async def go_on_for(self, model: type[OfOrganisation] | type[ActingIn], row_id: UUID) -> UUID:
        """Go on within the organisation of a row, as `go_on_within` does; returns its id."""
        ...

    async def go_on_within(self, organisation_id: UUID) -> None:
        """Go on within an organisation: what follows sees nothing of others.

        For a unit of the system that has found out whom it is about.
        """
        ...

    def notify(self, channel: Channel, payload: str) -> None:
        """Notify all listening processes once this transaction has committed. At most 8,000 bytes.

        Lost if nobody listens: send a key to reload, not the data.
        """
        ...

    def forget(self, cache: CacheName, owner: UUID) -> None:
        """Drop the owner from the caches of this process, with the commit.

        The next request here then finds the change. Triggers of the tables notify other processes
        within milliseconds.
        """
        ...

    async def commit(self) -> None: ...


Unit_co = TypeVar("Unit_co", bound=PlatformUnit, covariant=True)
Reading_co = TypeVar("Reading_co", bound=PlatformReading, covariant=True)


class Units(Protocol[Unit_co, Reading_co]):
    """Returns a new unit at each call; units are neither nested nor shared.

    A unit is opened for somebody: the caller, an organisation, or the system.
    """

    def __call__(self, scope: Scope, /) -> AbstractAsyncContextManager[Unit_co]: ...

    def reading(self, scope: Scope, /) -> AbstractAsyncContextManager[Reading_co]: ...


PlatformUnits = Units[PlatformUnit, PlatformReading]
