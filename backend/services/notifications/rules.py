"""Which event notifies whom of what."""

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple
from uuid import UUID

from backend.models.background.executions import Execution, ExecutionState
from backend.models.notifications.notifications import NotificationKind
from backend.models.platform.audit_events import Event
from backend.models.platform.domain_events import (
    DomainEvent,
    ExecutionFinished,
    LeadConverted,
    ModuleCreated,
    SignedIn,
    TaskAssigned,
)
from backend.repositories.notifications.unit import NotificationsReading


class Message(NamedTuple):
    """A notification for one person."""

    receiver_id: UUID
    kind: NotificationKind
    title: str
    text: str


Rule = Callable[[NotificationsReading, Event], Awaitable[Message | None]]
"""None if there is nobody to notify, or nothing to report any more."""


async def _task_assigned(uow: NotificationsReading, event: Event) -> Message | None:
    assignee = event.after("assignee_id")
    if assignee is None or UUID(assignee) == event.actor_id:
        return None
    task = await uow.tasks.find(subject_of(event))
    if task is None:
        return None
    return Message(
        UUID(assignee), NotificationKind.TASK_ASSIGNED, "A task was assigned to you", task.title
    )


async def _lead_converted(uow: NotificationsReading, event: Event) -> Message | None:
    lead = await uow.leads.find(subject_of(event))
    if lead is None or lead.owner_id == event.actor_id:
        return None
    return Message(
        lead.owner_id,
        NotificationKind.LEAD_CONVERTED,
        "Your lead is now a customer",
        lead.name,
    )


async def _execution_finished(uow: NotificationsReading, event: Event) -> Message | None:
    """Whoever cancelled it already knows."""
    execution = await uow.executions.find(subject_of(event))
    if execution is None or event.after("status") not in _ENDS:
        return None
    return Message(
        execution.owner_id,
        NotificationKind.EXECUTION_FINISHED,
        f"Your execution {_ENDS[event.after('status')]}",
        execution.name + _counts(execution),
    )


def _counts(execution: Execution) -> str:
    """Summarise the result in numbers, as an import may complete without importing anything."""
    summary = ExecutionState.of(execution).summary
    counts = [f"{name.replace('_', ' ')}: {n}" for name, n in summary.items() if type(n) is int]
    return f" ({', '.join(counts)})" if counts else ""


async def _module_created(uow: NotificationsReading, event: Event) -> Message | None:
    module = await uow.modules.find(subject_of(event))
    if module is None:
        return None
    return Message(
        module.owner_id, NotificationKind.MODULE_CREATED, "You have a new module", module.title
    )


async def _signed_in(uow: NotificationsReading, event: Event) -> Message | None:
    session = await uow.sessions.find(subject_of(event))
    if session is None or not await uow.sessions.is_from_new_device(session):
        return None
    device = session.device or "A program that does not identify itself"
    return Message(
        session.user_id,
        NotificationKind.NEW_DEVICE,
        "Somebody has signed in as you from a new device",
        f"{device}, from {session.address or 'an unknown address'}. "
        "If this was not you, end the session and change your password.",
    )


_ENDS = {"completed": "is completed", "failed": "has failed"}

RULES: Mapping[type[DomainEvent], Rule] = {
    TaskAssigned: _task_assigned,
    LeadConverted: _lead_converted,
    ExecutionFinished: _execution_finished,
    ModuleCreated: _module_created,
    SignedIn: _signed_in,
}
"""The rules by class of event. These events start the handler `notify`."""

RULES_BY_TYPE: Mapping[str, Rule] = {event.type_of(): rule for event, rule in RULES.items()}


def subject_of(event: Event) -> UUID:
    if event.subject_id is None:
        raise ValueError(f"an event of the type {event.type} has a subject")
    return event.subject_id
