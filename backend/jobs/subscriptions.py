"""Which event starts what: all of it. To subscribe a handler, name it behind its event."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from backend.models.platform.audit_events import Event
from backend.models.platform.domain_events import (
    DomainEvent,
    ExecutionFinished,
    LeadConverted,
    ModuleCreated,
    SignedIn,
    TaskAssigned,
)
from backend.models.platform.job_requests import JobRequest, Queue
from backend.services.container import Services


@dataclass(frozen=True)
class Handler:
    """What a job does about an event. It may run twice, so it goes by the id of the event.

    Attributes:
        name: that of its task. Jobs are kept under it: a handler that waits keeps its name.
    """

    name: str
    handle: Callable[[Services, Event], Awaitable[None]]


NOTIFY = Handler("notify", lambda services, event: services.notifications.notifier.handle(event))

SUBSCRIPTIONS: Mapping[type[DomainEvent], Sequence[Handler]] = {
    TaskAssigned: [NOTIFY],
    LeadConverted: [NOTIFY],
    ModuleCreated: [NOTIFY],
    SignedIn: [NOTIFY],
    ExecutionFinished: [NOTIFY],
}


def jobs_for(recorded: DomainEvent, event_id: UUID) -> list[JobRequest]:
    """What the unit of work defers with an event."""
    return [
        JobRequest(handler.name, Queue.EVENTS, {"event_id": str(event_id)})
        for handler in SUBSCRIPTIONS.get(type(recorded), ())
    ]


def handlers() -> set[Handler]:
    return {handler for subscribed in SUBSCRIPTIONS.values() for handler in subscribed}
