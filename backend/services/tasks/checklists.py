from uuid import UUID

from backend.core.attempts import retried
from backend.core.errors import ConflictError, NotFoundError
from backend.core.permissions import Principal, SubjectKind
from backend.core.preconditions import Precondition
from backend.models.platform.domain_events import changes_between
from backend.models.platform.idempotency import Answered, IdempotencyKey, Outcome, Replay, Replayed
from backend.models.tasks.checklists import (
    MAX_ITEMS,
    ChecklistItem,
    ChecklistItemCreate,
    ChecklistItemUpdate,
)
from backend.models.tasks.tasks import Task, TaskQuery, TaskUpdate
from backend.repositories.tasks.unit import TasksReading, TasksUnit, TasksUnits
from backend.services.platform.crud import CrudService


class ChecklistService(CrudService[TasksUnit, TasksReading, Task, TaskQuery, TaskUpdate]):
    """The checklist of a task, which is part of it: each change increments the task's version."""

    def __init__(self, uow: TasksUnits) -> None:
        super().__init__(uow, SubjectKind.TASK, lambda unit: unit.tasks)

    @retried
    async def add(
        self,
        task_id: UUID,
        data: ChecklistItemCreate,
        by: Principal,
        match: Precondition,
        key: IdempotencyKey | None = None,
    ) -> Outcome[Task]:
        """Add an item at the end. Raises ConflictError if there are MAX_ITEMS."""
        async with self._uow(by) as uow:
            match await uow.idempotency.claim(key, task_id):
                case Replay(earlier):
                    return Replayed(await uow.tasks.get(earlier))
                case Answered() as answered:
                    return answered
            task = await uow.tasks.get(task_id, for_update=True)
            match.check(task.version)
            if len(task.checklist) >= MAX_ITEMS:
                raise ConflictError(f"The checklist has {MAX_ITEMS} items; remove one first.")
            before = task.facts()
            task.checklist = [*task.checklist, ChecklistItem(**data.model_dump())]
            await uow.tasks.save(task)
            self._record(uow, task, "updated", changes_between(before, task.facts()), by)
            await uow.commit()
        return task

    @retried
    async def change(
        self,
        task_id: UUID,
        item_id: UUID,
        data: ChecklistItemUpdate,
        by: Principal,
        match: Precondition,
    ) -> Task:
        """Raises NotFoundError if there is no such task, or no such item in it."""
        async with self._changing(task_id, by, match) as (_, task):
            item = _item_of(task, item_id)
            changed = item.model_copy(update=data.changes())
            task.checklist = [changed if each is item else each for each in task.checklist]
        return task

    @retried
    async def remove(
        self, task_id: UUID, item_id: UUID, by: Principal, match: Precondition
    ) -> Task:
        """Raises as `change` does."""
        async with self._changing(task_id, by, match) as (_, task):
            item = _item_of(task, item_id)
            task.checklist = [each for each in task.checklist if each is not item]
        return task


def _item_of(task: Task, item_id: UUID) -> ChecklistItem:
    for item in task.checklist:
        if item.id == item_id:
            return item
    raise NotFoundError.of("checklist item", item_id)
