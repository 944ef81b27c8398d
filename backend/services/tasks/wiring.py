"""The services of tasks."""

from backend.repositories.tasks.unit import TasksUnits
from backend.services.tasks.checklists import ChecklistService
from backend.services.tasks.modules import ModuleService
from backend.services.tasks.task_bulk import TaskBulkService
from backend.services.tasks.tasks import TaskService


class TasksServices:
    def __init__(self, uow: TasksUnits, *, require_version: bool) -> None:
        """With `require_version`, changes of many tasks must name the versions."""
        self.tasks = TaskService(uow)
        self.task_bulk = TaskBulkService(uow, require_version=require_version)
        self.checklists = ChecklistService(uow)
        self.modules = ModuleService(uow)
