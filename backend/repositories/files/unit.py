"""The unit of work as the services of files see it."""

from typing import Protocol

from backend.repositories.files.files import FileRepository
from backend.repositories.platform.unit import Units
from backend.repositories.tasks.unit import TasksReading, TasksUnit


class FilesReading(TasksReading, Protocol):
    @property
    def files(self) -> FileRepository: ...


class FilesUnit(FilesReading, TasksUnit, Protocol):
    """A transaction."""


FilesUnits = Units[FilesUnit, FilesReading]
