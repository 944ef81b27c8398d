"""All event subscriptions. Each handler of `HANDLERS` names its events."""

from collections.abc import Awaitable, Callable, Collection, Sequence, Set
from dataclasses import dataclass

from backend.core.scopes import Scope
from backend.models.platform.domain_events import (
    DomainEvent,
    RefreshReplayed,
    ResourceChanged,
    SessionsRevoked,
    SignInFailed,
)
from backend.models.platform.job_requests import JobRequest, Queue
from backend.services.container import Services
from backend.services.notifications.rules import RULES


@dataclass(frozen=True)
class Handler:
    """Handles an event in a job. It may run twice, so it must be idempotent by the event's id.

    Attributes:
        name: of its task. Jobs are stored under it: do not rename a handler with waiting jobs.
        events: the classes of events that start it.
    """

    name: str
    events: Collection[type[DomainEvent]]
    handle: Callable[[Services, DomainEvent, Scope], Awaitable[None]]


HANDLERS = (
    Handler(
        "notify",
        frozenset(RULES),
        lambda services, event, scope: services.notifications.notifier.handle(event, scope),
    ),
)

UNHANDLED: Set[type[DomainEvent]] = {
    ResourceChanged,
    SignInFailed,
    RefreshReplayed,
    SessionsRevoked,
}
"""Events that are only recorded. A class named neither here nor by a handler stops the start."""


def subscriptions(
    handlers: Sequence[Handler], unhandled: Collection[type[DomainEvent]]
) -> dict[type[DomainEvent], list[Handler]]:
    """Return the handlers by class of event.

    Raises:
        ValueError: a class of events is named by neither or by both.
    """
    started = {
        event: [handler for handler in handlers if event in handler.events]
        for event in (*DomainEvent.__subclasses__(), *ResourceChanged.__subclasses__())
    }
    for event in DomainEvent.__subclasses__():
        if bool(started[event]) == (event in unhandled):
            raise ValueError(f"{event.__name__}: name it in a handler or in UNHANDLED")
    return started


SUBSCRIPTIONS = subscriptions(HANDLERS, UNHANDLED)


def jobs_for(recorded: DomainEvent) -> list[JobRequest]:
    """Return the jobs that the unit of work creates with an event."""
    return [
        JobRequest(handler.name, Queue.EVENTS, {"event_id": str(recorded.id)})
        for handler in SUBSCRIPTIONS.get(type(recorded), ())
    ]
