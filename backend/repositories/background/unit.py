"""The unit of work as the services of background see it."""

from typing import Protocol

from backend.repositories.background.execution_steps import ExecutionStepRepository
from backend.repositories.background.executions import ExecutionRepository
from backend.repositories.background.jobs import JobRepository
from backend.repositories.identity.unit import IdentityReading, IdentityUnit
from backend.repositories.platform.unit import Units


class BackgroundReading(IdentityReading, Protocol):
    @property
    def executions(self) -> ExecutionRepository: ...
    @property
    def execution_steps(self) -> ExecutionStepRepository: ...
    @property
    def jobs(self) -> JobRepository: ...


class BackgroundUnit(BackgroundReading, IdentityUnit, Protocol):
    """A transaction."""


BackgroundUnits = Units[BackgroundUnit, BackgroundReading]
