from uuid import UUID

from sqlmodel import col, select

from backend.models.background.execution_steps import ExecutionStep, ExecutionStepQuery
from backend.models.platform.paging import Page
from backend.repositories.sql.platform.keyset import COUNT, by_column
from backend.repositories.sql.platform.lists import SqlList


class SqlExecutionStepRepository(SqlList[ExecutionStep, ExecutionStepQuery]):
    model = ExecutionStep
    kind = "step"
    sorts = {"position": by_column(ExecutionStep.position, COUNT)}

    async def page_of(self, execution_id: UUID, query: ExecutionStepQuery) -> Page[ExecutionStep]:
        return await self._page(query, col(ExecutionStep.execution_id) == execution_id)

    async def all_of(self, execution_id: UUID) -> list[ExecutionStep]:
        steps = select(ExecutionStep).where(ExecutionStep.execution_id == execution_id)
        return list((await self._session.exec(steps)).all())
