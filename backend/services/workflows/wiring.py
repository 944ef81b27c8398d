"""The services of workflows."""

from backend.repositories.workflows.unit import WorkflowsUnits
from backend.services.workflows.workflows import WorkflowService


class WorkflowsServices:
    def __init__(self, uow: WorkflowsUnits) -> None:
        self.workflows = WorkflowService(uow)
