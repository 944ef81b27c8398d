from typing import Protocol
from uuid import UUID

from backend.models.platform.paging import Page
from backend.models.workflows.workflow_versions import WorkflowVersion, WorkflowVersionQuery
from backend.repositories.platform.base import Repository


class WorkflowVersionRepository(Repository[WorkflowVersion], Protocol):
    async def page_of(
        self, workflow_id: UUID, query: WorkflowVersionQuery
    ) -> Page[WorkflowVersion]:
        """One page of the versions of a workflow. Raises InvalidCursorError."""
        ...

    async def find_number(self, workflow_id: UUID, number: int) -> WorkflowVersion | None:
        """The version of a workflow that has the number."""
        ...
