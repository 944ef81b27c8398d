from typing import Protocol

from backend.models.workflows.workflows import Workflow, WorkflowQuery
from backend.repositories.platform.base import ListedRepository


class WorkflowRepository(ListedRepository[Workflow, WorkflowQuery], Protocol):
    """Nothing beyond what every repository can do."""
