"""Which event notifies whom of what."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from backend.core.devices import device_name
from backend.core.permissions import Permission
from backend.models.background.executions import Execution, ExecutionState
from backend.models.notifications.notifications import NotificationKind
from backend.models.platform.domain_events import (
    DomainEvent,
    ExecutionFinished,
    LeadConverted,
    ModuleCreated,
    SignedIn,
    TaskAssigned,
    WebhookSwitchedOff,
)
from backend.repositories.notifications.unit import NotificationsReading


class Message(NamedTuple):
    """A notification for one person about the subject of an event.

    Attributes:
        needed: what its receiver must have to be told, where it is about data of the team.
    """

    receiver_id: UUID
    subject_id: UUID
    kind: NotificationKind
    title: str
    text: str
    needed: Permission | None = None


Happened = TypeVar("Happened", bound=DomainEvent)
Rule = Callable[[NotificationsReading, Happened], Awaitable[Message | None]]
"""None if there is nobody to notify, or nothing to report any more."""


async def _task_assigned(uow: NotificationsReading, event: TaskAssigned) -> Message | None:
    assignee_id = event.assignee_id
    if assignee_id is None or assignee_id == event.actor_id:
        return None
    task = await uow.tasks.find(event.subject_id)
    if task is None or task.assignee_id != assignee_id:
        return None
    return Message(
        assignee_id,
        task.id,
        NotificationKind.TASK_ASSIGNED,
        "A task was assigned to you",
        task.title,
        Permission.TASKS_READ,
    )


async def _lead_converted(uow: NotificationsReading, event: LeadConverted) -> Message | None:
    lead = await uow.leads.find(event.subject_id)
    if lead is None or lead.owner_id == event.actor_id:
        return None
    return Message(
        lead.owner_id,
        lead.id,
        NotificationKind.LEAD_CONVERTED,
        "Your lead is now a customer",
        lead.name,
        Permission.LEADS_READ,
    )


async def _execution_finished(
    uow: NotificationsReading, event: ExecutionFinished
) -> Message | None:
    """Whoever cancelled it already knows, but for an admin who stopped its job."""
    execution = await uow.executions.find(event.subject_id)
    if execution is None or (event.status == _CANCELLED and event.actor_id is not None):
        return None
    return Message(
        execution.owner_id,
        execution.id,
        NotificationKind.EXECUTION_FINISHED,
        f"Your execution {_ENDS[event.status]}",
        execution.name + _counts(execution),
    )


def _counts(execution: Execution) -> str:
    """Summarise the result in numbers, as an import may complete without importing anything."""
    summary = ExecutionState.of(execution).summary
    counts = [f"{name.replace('_', ' ')}: {n}" for name, n in summary.items() if type(n) is int]
    return f" ({', '.join(counts)})" if counts else ""


async def _module_created(uow: NotificationsReading, event: ModuleCreated) -> Message | None:
    module = await uow.modules.find(event.subject_id)
    if module is None:
        return None
    return Message(
        module.owner_id,
        module.id,
        NotificationKind.MODULE_CREATED,
        "You have a new module",
        module.title,
    )


async def _signed_in(uow: NotificationsReading, event: SignedIn) -> Message | None:
    session = await uow.sessions.find(event.subject_id)
    if session is None or not await uow.sessions.is_from_new_device(session):
        return None
    return Message(
        session.user_id,
        session.id,
        NotificationKind.NEW_DEVICE,
        "Somebody has signed in as you from a new device",
        f"With {device_name(session.device)}, from {session.address or 'an unknown address'}. "
        "If this was not you, end the session and change your password.",
    )


async def _webhook_switched_off(
    uow: NotificationsReading, event: WebhookSwitchedOff
) -> Message | None:
    webhook = await uow.webhooks.find(event.subject_id)
    if webhook is None or webhook.switched_off_because is None:
        return None
    host = urlsplit(webhook.url).hostname
    return Message(
        webhook.owner_id,
        webhook.id,
        NotificationKind.WEBHOOK_SWITCHED_OFF,
        "Your webhook was switched off",
        f"{host}: {webhook.switched_off_because}",
    )


_CANCELLED = "cancelled"
_ENDS = {"completed": "is completed", "failed": "has failed", _CANCELLED: "was stopped"}


def _rule(event: type[Happened], rule: Rule[Happened]) -> tuple[type[DomainEvent], Rule[Any]]:
    """Both together, so that mypy refuses a rule for another event."""
    return event, rule


RULES: Mapping[type[DomainEvent], Rule[Any]] = dict(
    (
        _rule(TaskAssigned, _task_assigned),
        _rule(LeadConverted, _lead_converted),
        _rule(ExecutionFinished, _execution_finished),
        _rule(ModuleCreated, _module_created),
        _rule(SignedIn, _signed_in),
        _rule(WebhookSwitchedOff, _webhook_switched_off),
    )
)
"""The rules by class of event. These events start the handler `notify`."""
