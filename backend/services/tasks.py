from typing import Any
from uuid import UUID

from backend.core.errors import InvalidInputError, unknown_reference
from backend.core.permissions import Permission, Principal
from backend.models.tasks import Task, TaskCreate, TaskQuery, TaskStatus, TaskUpdate
from backend.repositories.unit_of_work import UnitOfWork, UnitOfWorkFactory
from backend.services.crud import CrudService


class TaskService(CrudService[Task, TaskQuery, TaskUpdate]):
    """Tasks move by allowed transitions, and not everybody may give them to somebody else."""

    def __init__(self, uow: UnitOfWorkFactory) -> None:
        super().__init__(uow, lambda unit: unit.tasks)

    async def create(self, data: TaskCreate, by: Principal) -> Task:
        """Raises PermissionDeniedError, or InvalidInputError as `assign` does."""
        task = Task.model_validate(data, update={"status": TaskStatus.OPEN})
        task.move_to(data.status)
        async with self._uow() as uow:
            await _check_assignee(uow, data.assignee_id, by)
            await uow.tasks.save(task)
            await uow.commit()
        return task

    async def complete(self, task_id: UUID) -> Task:
        """Raises ConflictError if the task is done already, or cancelled."""
        async with self._changing(task_id) as (_, task):
            task.complete()
        return task

    async def reopen(self, task_id: UUID) -> Task:
        """Raises ConflictError unless the task is done or cancelled."""
        async with self._changing(task_id) as (_, task):
            task.reopen()
        return task

    async def assign(self, task_id: UUID, assignee_id: UUID | None, by: Principal) -> Task:
        """Give the task to a user, or with None to nobody.

        Raises:
            InvalidInputError: the user does not exist or is deactivated.
        """
        async with self._changing(task_id) as (uow, task):
            await _check_assignee(uow, assignee_id, by)
            task.assignee_id = assignee_id
        return task

    async def _apply(
        self, uow: UnitOfWork, row: Task, changes: dict[str, Any], by: Principal
    ) -> None:
        """Raises ConflictError for a transition that is not allowed; else as `create` does."""
        assignee_id = changes.get("assignee_id", row.assignee_id)
        if assignee_id != row.assignee_id:
            await _check_assignee(uow, assignee_id, by)
        row.move_to(changes.pop("status", row.status))
        row.sqlmodel_update(changes)


async def _check_assignee(uow: UnitOfWork, assignee_id: UUID | None, by: Principal) -> None:
    if assignee_id is None or assignee_id == by.user_id:
        return
    by.require(Permission.TASKS_ASSIGN)
    user = await uow.users.find(assignee_id)
    if user is None:
        raise unknown_reference("assignee_id", "user")
    if not user.is_active:
        raise InvalidInputError("assignee_id", "This user is deactivated; choose another.")
