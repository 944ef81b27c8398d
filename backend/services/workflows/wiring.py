"""The services of workflows."""

from dataclasses import dataclass
from typing import Self

from backend.repositories.workflows.unit import WorkflowsUnits
from backend.services.workflows.workflows import WorkflowService


@dataclass(frozen=True)
class WorkflowsServices:
    workflows: WorkflowService

    @classmethod
    def wire(cls, uow: WorkflowsUnits) -> Self:
        return cls(workflows=WorkflowService(uow))
