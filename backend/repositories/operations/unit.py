"""The unit of work as the services of operations see it."""

from typing import Protocol

from backend.repositories.background.unit import BackgroundReading, BackgroundUnit
from backend.repositories.files.unit import FilesReading, FilesUnit
from backend.repositories.operations.retention import CleanUpRepository
from backend.repositories.platform.unit import Units


class OperationsReading(FilesReading, BackgroundReading, Protocol):
    @property
    def clean_up(self) -> CleanUpRepository: ...


class OperationsUnit(OperationsReading, FilesUnit, BackgroundUnit, Protocol):
    """A transaction."""


OperationsUnits = Units[OperationsUnit, OperationsReading]
