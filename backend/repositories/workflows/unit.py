"""The unit of work as the services of workflows see it."""

from typing import Protocol

from backend.repositories.assistant.unit import AssistantReading, AssistantUnit
from backend.repositories.background.unit import BackgroundReading, BackgroundUnit
from backend.repositories.platform.unit import Units
from backend.repositories.workflows.workflow_versions import WorkflowVersionRepository
from backend.repositories.workflows.workflows import WorkflowRepository


class WorkflowsReading(AssistantReading, BackgroundReading, Protocol):
    @property
    def workflows(self) -> WorkflowRepository: ...
    @property
    def workflow_versions(self) -> WorkflowVersionRepository: ...


class WorkflowsUnit(WorkflowsReading, AssistantUnit, BackgroundUnit, Protocol):
    """A transaction."""


WorkflowsUnits = Units[WorkflowsUnit, WorkflowsReading]
