"""The services of tasks."""

from dataclasses import dataclass
from typing import Self

from backend.repositories.tasks.unit import TasksUnits
from backend.services.tasks.checklists import ChecklistService
from backend.services.tasks.modules import ModuleService
from backend.services.tasks.task_bulk import TaskBulkService
from backend.services.tasks.tasks import TaskService


@dataclass(frozen=True)
class TasksServices:
    tasks: TaskService
    task_bulk: TaskBulkService
    checklists: ChecklistService
    modules: ModuleService

    @classmethod
    def wire(cls, uow: TasksUnits, *, require_version: bool) -> Self:
        """With `require_version`, changes of many tasks must name the versions."""
        return cls(
            tasks=TaskService(uow),
            task_bulk=TaskBulkService(uow, require_version=require_version),
            checklists=ChecklistService(uow),
            modules=ModuleService(uow),
        )
