"""Which event starts what: all of it. A handler of `HANDLERS` says which events it takes."""

from collections.abc import Awaitable, Callable, Collection, Sequence, Set
from dataclasses import dataclass
from uuid import UUID

from backend.models.platform.audit_events import Event
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
    """What a job does about an event. It may run twice, so it goes by the id of the event.

    Attributes:
        name: that of its task. Jobs are kept under it: a handler that waits keeps its name.
        events: the classes of events that start it.
    """

    name: str
    events: Collection[type[DomainEvent]]
    handle: Callable[[Services, Event], Awaitable[None]]


HANDLERS = (
    Handler(
        "notify",
        frozenset(RULES),
        lambda services, event: services.notifications.notifier.handle(event),
    ),
)

UNHANDLED: Set[type[DomainEvent]] = {
    ResourceChanged,
    SignInFailed,
    RefreshReplayed,
    SessionsRevoked,
}
"""Events that are only recorded. A class that neither this nor a handler names stops the start."""


def subscriptions(
    handlers: Sequence[Handler], unhandled: Collection[type[DomainEvent]]
) -> dict[type[DomainEvent], list[Handler]]:
    """By class of event, the handlers that it starts.

    Raises:
        ValueError: a class of events is named neither here nor there, or here and there.
    """
    started = {
        event: [handler for handler in handlers if event in handler.events]
        for event in DomainEvent.__subclasses__()
    }
    for event, its_handlers in started.items():
        if bool(its_handlers) == (event in unhandled):
            raise ValueError(f"{event.__name__}: name it in a handler, or else in UNHANDLED")
    return started


SUBSCRIPTIONS = subscriptions(HANDLERS, UNHANDLED)


def jobs_for(recorded: DomainEvent, event_id: UUID) -> list[JobRequest]:
    """What the unit of work defers with an event."""
    return [
        JobRequest(handler.name, Queue.EVENTS, {"event_id": str(event_id)})
        for handler in SUBSCRIPTIONS.get(type(recorded), ())
    ]
