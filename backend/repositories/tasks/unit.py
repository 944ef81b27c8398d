"""The unit of work as the services of work see it."""

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
        """What can lie in a module, whatever area it is of, by what its ids are recorded as."""
        ...

    @property
    def task_references(self) -> Mapping[str, Repository[Any]]:
        """What tasks refer to, whatever area it is of, by the field that does."""
        ...


class TasksUnit(TasksReading, IdentityUnit, Protocol):
    """A transaction."""


TasksUnits = Units[TasksUnit, TasksReading]
