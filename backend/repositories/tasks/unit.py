"""The unit of work as the services of tasks see it."""

from collections.abc import Mapping
from typing import Any, Protocol

from backend.repositories.identity.unit import IdentityReading, IdentityUnit
from backend.repositories.platform.base import Repository
from backend.repositories.platform.unit import Units
from backend.repositories.tasks.modules import ModuleContents, ModuleRepository
from backend.repositories.tasks.tasks import TaskRepository


class TasksReading(IdentityReading, Protocol):
    @property
    def tasks(self) -> TaskRepository: ...
    @property
    def modules(self) -> ModuleRepository: ...
    @property
    def module_contents(self) -> Mapping[str, ModuleContents]:
        """Resources of any area that can belong to a module, by the name of their ids in events."""
        ...

    @property
    def task_references(self) -> Mapping[str, Repository[Any]]:
        """Resources of any area that tasks refer to, by field."""
        ...


class TasksUnit(TasksReading, IdentityUnit, Protocol):
    """A transaction."""


TasksUnits = Units[TasksUnit, TasksReading]
