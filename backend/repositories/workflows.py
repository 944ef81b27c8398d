from typing import Protocol

from backend.models.workflows import Workflow, WorkflowQuery
from backend.repositories.base import ListedRepository


class WorkflowRepository(ListedRepository[Workflow, WorkflowQuery], Protocol):
    """Nothing beyond what every repository can do."""
