"""The example of an incoming webhook: another program requests a task."""

from uuid import UUID, uuid5

from backend.core.permissions import SubjectKind
from backend.models.tasks.tasks import Task, TaskPriority, TaskStatus
from backend.models.webhooks.incoming import IncomingMessage, RequestedTask
from backend.repositories.webhooks.unit import WebhooksUnit
from backend.services.platform.change_events import created

_REQUESTED = "task.requested"
_TASKS = UUID("2f1c8a54-6d0b-4a8e-9d3f-7c5e1b2a4d60")


async def add_requested_task(uow: WebhooksUnit, message: IncomingMessage) -> None:
    """Add the task that `task.requested` asks for; other messages are only kept.

    Raises ValidationError if its data are no task.
    """
    if message.type != _REQUESTED:
        return
    wanted = RequestedTask.model_validate(message.data)
    task = Task.from_input(
        wanted,
        # The same, however often this runs.
        id=uuid5(_TASKS, str(message.id)),
        status=TaskStatus.OPEN,
        priority=TaskPriority.NORMAL,
        checklist=[],
    )
    await uow.tasks.add_new(task)
    uow.record(created(SubjectKind.TASK, task, None))
