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
from backend.models.webhooks.event_types import BY_TYPE
from backend.services.container import Services
from backend.services.notifications.rules import RULES
from backend.services.webhooks.webhooks import TELL_WEBHOOKS


@dataclass(frozen=True)
class Handler:
    """Handles an event in a job. It may run twice, so it must be idempotent by the event's id.

    Attributes:
        name: of its task. Jobs are stored under it: do not rename a handler with waiting jobs.
        events: the classes of events that start it.
        on_demand: the types of events that start it if there is a demand for them, whatever their
            class: see `EventDemand`.
    """

    name: str
    events: Collection[type[DomainEvent]]
    handle: Callable[[Services, DomainEvent, Scope], Awaitable[None]]
    on_demand: Collection[str] = ()


HANDLERS = (
    Handler(
        "notify",
        frozenset(RULES),
        lambda services, event, scope: services.notifications.notifier.handle(event, scope),
    ),
    Handler(
        TELL_WEBHOOKS,
        (),
        lambda services, event, scope: services.webhooks.announcer.handle(event, scope),
        on_demand=frozenset(BY_TYPE),
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
ON_DEMAND = {
    event_type: [handler for handler in HANDLERS if event_type in handler.on_demand]
    for event_type in sorted({each for handler in HANDLERS for each in handler.on_demand})
}
"""The handlers that are started on demand, by type of event."""


def jobs_for(recorded: DomainEvent) -> list[JobRequest]:
    """Return the jobs that the unit of work creates with an event."""
    args, event_type = {"event_id": str(recorded.id)}, recorded.type
    always = [
        JobRequest(handler.name, Queue.EVENTS, args)
        for handler in SUBSCRIPTIONS.get(type(recorded), ())
    ]
    return always + [
        JobRequest(handler.name, Queue.EVENTS, args, demand=event_type)
        for handler in ON_DEMAND.get(event_type, ())
    ]
