from decimal import Decimal
from typing import NamedTuple, Protocol

from backend.models.exchange.reports import ReportFilter, TasksOfAge
from backend.models.sales.leads import LeadStatus


class LeadGroup(NamedTuple):
    """The leads of one status with estimated values in one currency, or without one."""

    status: LeadStatus
    currency: str | None
    size: int
    amount: Decimal | None


class ReportRepository(Protocol):
    """Counts and sums, each in one statement."""

    async def leads(self, wanted: ReportFilter) -> list[LeadGroup]: ...

    async def unfinished_tasks(self, wanted: ReportFilter) -> list[TasksOfAge]: ...
