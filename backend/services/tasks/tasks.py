from collections.abc import Iterable
from typing import Any
from uuid import UUID

from backend.core.attempts import retried
from backend.core.permissions import Permission, Principal, SubjectKind
from backend.core.preconditions import Precondition
from backend.models.platform.domain_events import (
    Changes,
    DomainEvent,
    ResourceChanged,
    TaskAssigned,
)
from backend.models.platform.idempotency import IdempotencyKey, Outcome
from backend.models.tasks.checklists import ChecklistItem
from backend.models.tasks.tasks import Task, TaskCreate, TaskQuery, TaskStatus, TaskUpdate
from backend.repositories.tasks.unit import TasksReading, TasksUnit, TasksUnits
from backend.services.identity.users import check_active_user
from backend.services.platform.crud import CrudService
from backend.services.tasks.modules import check_own_module


class TaskService(CrudService[TasksUnit, TasksReading, Task, TaskQuery, TaskUpdate]):
    """Tasks move by allowed transitions, and assigning them to others needs a permission."""

    def __init__(self, uow: TasksUnits) -> None:
        super().__init__(uow, SubjectKind.TASK, lambda unit: unit.tasks)

    async def create(
        self, data: TaskCreate, by: Principal, key: IdempotencyKey | None = None
    ) -> Outcome[Task]:
        """Raises PermissionDeniedError, or InvalidInputError as `assign` does."""
        items = [ChecklistItem(**dict(item)) for item in data.checklist]
        task = Task.from_input(data, status=TaskStatus.OPEN, checklist=items)
        task.move_to(data.status)
        return await self._add(task, by, key)

    @retried
    async def complete(self, task_id: UUID, by: Principal, match: Precondition) -> Task:
        """Raises ConflictError if the task is already done, or cancelled."""
        async with self._changing(task_id, by, match, "completed") as (_, task):
            task.complete()
        return task

    @retried
    async def reopen(self, task_id: UUID, by: Principal, match: Precondition) -> Task:
        """Raises ConflictError unless the task is done or cancelled."""
        async with self._changing(task_id, by, match, "reopened") as (_, task):
            task.reopen()
        return task

    @retried
    async def assign(
        self, task_id: UUID, assignee_id: UUID | None, by: Principal, match: Precondition
    ) -> Task:
        """Assign the task to a user, or with None to nobody.

        Raises:
            InvalidInputError: the user does not exist or is deactivated.
        """
        async with self._changing(task_id, by, match) as (uow, task):
            await _check_assignee(uow, assignee_id, by)
            task.assignee_id = assignee_id
        return task

    async def _check_new(self, uow: TasksUnit, row: Task, by: Principal) -> None:
        await _check_assignee(uow, row.assignee_id, by)
        if row.module_id is not None:
            await check_own_module(uow, row.module_id, by)

    async def _apply(
        self, uow: TasksUnit, row: Task, changes: dict[str, Any], by: Principal
    ) -> None:
        await change_task(uow, row, changes, by)

    def _events(
        self, row: Task, verb: str, changes: Changes, by: Principal
    ) -> Iterable[DomainEvent]:
        return task_events(row, verb, changes, by)


def task_events(task: Task, verb: str, changes: Changes, by: Principal) -> Iterable[DomainEvent]:
    """A change of the assignee has its own event, with all changed values."""
    fields: dict[str, Any] = {"subject_id": task.id, "by": by, "changes": changes}
    if verb == "updated" and "assignee_id" in changes:
        yield TaskAssigned(**fields)
        return
    yield ResourceChanged(kind=SubjectKind.TASK, verb=verb, **fields)
    if verb == "created" and task.assignee_id is not None:
        yield TaskAssigned(**fields | {"changes": {"assignee_id": changes["assignee_id"]}})


async def change_task(uow: TasksUnit, task: Task, changes: dict[str, Any], by: Principal) -> None:
    """Apply all changes to the task, or none.

    Raises:
        ConflictError: the transition is not allowed.
        InvalidInputError, PermissionDeniedError: as `TaskService.create` does.
    """
    assignee_id = changes.get("assignee_id", task.assignee_id)
    if assignee_id != task.assignee_id:
        await _check_assignee(uow, assignee_id, by)
    module_id = changes.get("module_id", task.module_id)
    if module_id != task.module_id:
        await check_own_module(uow, module_id, by)
    task.move_to(changes.get("status", task.status))
    task.sqlmodel_update(changes)


async def _check_assignee(uow: TasksUnit, assignee_id: UUID | None, by: Principal) -> None:
    check_may_assign(assignee_id, by)
    if assignee_id is not None and assignee_id != by.user_id:
        await check_active_user(uow, "assignee_id", assignee_id)


def check_may_assign(assignee_id: UUID | None, by: Principal) -> None:
    """Raises PermissionDeniedError: to give a task to somebody else takes `tasks:assign`."""
    if assignee_id is not None and assignee_id != by.user_id:
        by.require(Permission.TASKS_ASSIGN)
