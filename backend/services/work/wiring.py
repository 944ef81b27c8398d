"""The services of work."""

from dataclasses import dataclass
from typing import Self

from backend.repositories.work.unit import WorkUnits
from backend.services.work.checklists import ChecklistService
from backend.services.work.modules import ModuleService
from backend.services.work.task_bulk import TaskBulkService
from backend.services.work.tasks import TaskService


@dataclass(frozen=True)
class WorkServices:
    tasks: TaskService
    task_bulk: TaskBulkService
    checklists: ChecklistService
    modules: ModuleService

    @classmethod
    def wire(cls, uow: WorkUnits, *, require_version: bool) -> Self:
        """With `require_version`, changes of many tasks have to name the versions."""
        return cls(
            tasks=TaskService(uow),
            task_bulk=TaskBulkService(uow, require_version=require_version),
            checklists=ChecklistService(uow),
            modules=ModuleService(uow),
        )
