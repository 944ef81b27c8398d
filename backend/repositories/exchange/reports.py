from typing import Protocol

from backend.models.exchange.reports import ReportFilter, TasksOfAge
from backend.repositories.sales.leads import LeadGroup


class ReportRepository(Protocol):
    """Counts and sums, each in one statement."""

    async def leads(self, wanted: ReportFilter) -> list[LeadGroup]: ...

    async def unfinished_tasks(self, wanted: ReportFilter) -> list[TasksOfAge]: ...
