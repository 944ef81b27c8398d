from uuid import UUID

from sqlmodel import col, select

from backend.models.platform.paging import Page
from backend.models.workflows.workflow_versions import WorkflowVersion, WorkflowVersionQuery
from backend.repositories.sql.platform.keyset import COUNT, by_column
from backend.repositories.sql.platform.lists import SqlList


class SqlWorkflowVersionRepository(SqlList[WorkflowVersion, WorkflowVersionQuery]):
    model = WorkflowVersion
    kind = "version"
    sorts = {"number": by_column(WorkflowVersion.number, COUNT)}
    unlisted = (WorkflowVersion.definition,)

    async def page_of(
        self, workflow_id: UUID, query: WorkflowVersionQuery
    ) -> Page[WorkflowVersion]:
        return await self._page(query, col(WorkflowVersion.workflow_id) == workflow_id)

    async def find_number(self, workflow_id: UUID, number: int) -> WorkflowVersion | None:
        found = select(WorkflowVersion).where(
            WorkflowVersion.workflow_id == workflow_id, WorkflowVersion.number == number
        )
        return (await self._session.exec(found)).one_or_none()
