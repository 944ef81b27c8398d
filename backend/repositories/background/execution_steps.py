from typing import Protocol
from uuid import UUID

from backend.models.background.execution_steps import ExecutionStep, ExecutionStepQuery
from backend.models.platform.paging import Page
from backend.repositories.platform.base import Repository


class ExecutionStepRepository(Repository[ExecutionStep], Protocol):
    async def page_of(self, execution_id: UUID, query: ExecutionStepQuery) -> Page[ExecutionStep]:
        """One page of the steps of an execution. Raises InvalidCursorError."""
        ...

    async def all_of(self, execution_id: UUID) -> list[ExecutionStep]:
        """Every step of an execution."""
        ...
