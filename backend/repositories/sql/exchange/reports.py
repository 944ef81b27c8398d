"""The figures of reports, counted by the database."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from backend.models.exchange.reports import DAYS, Age, ReportFilter, TasksOfAge
from backend.models.platform.mixins import now
from backend.models.sales.leads import Lead
from backend.models.tasks.tasks import UNFINISHED, Task
from backend.repositories.sales.leads import LeadGroup
from backend.repositories.sql.platform.filters import one_of


class SqlReportRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def leads(self, wanted: ReportFilter) -> list[LeadGroup]:
        keys = (col(Lead.status), col(Lead.estimated_value_currency))
        groups = (
            select(*keys, func.count(), func.sum(Lead.estimated_value_amount))
            .where(*_conditions(wanted, Lead.created_at, Lead.owner_id))
            .group_by(*keys)
            .order_by(*keys)
        )
        return [LeadGroup(*group) for group in await self._session.exec(groups)]

    async def unfinished_tasks(self, wanted: ReportFilter) -> list[TasksOfAge]:
        moment = now()
        younger = [
            (col(Task.created_at) >= moment - timedelta(days=days), age.value)
            for age, days in DAYS.items()
        ]
        bucket = case(*younger, else_=Age.OLDER.value)
        keys = (bucket.label("age"), col(Task.status), col(Task.assignee_id))
        groups = (
            select(*keys, func.count())
            .where(one_of(Task.status, UNFINISHED))
            .where(*_conditions(wanted, Task.created_at, Task.assignee_id))
            .group_by(*keys)
        )
        return [
            TasksOfAge(age=Age(age), status=status, assignee_id=assignee_id, count=count)
            for age, status, assignee_id, count in await self._session.exec(groups)
        ]


def _conditions(
    wanted: ReportFilter, created_at: Any, person_id: Any
) -> Iterator[ColumnElement[bool]]:
    if wanted.person_id is not None:
        yield col(person_id) == wanted.person_id
    if wanted.created_after is not None:
        yield col(created_at) >= wanted.created_after
    if wanted.created_before is not None:
        yield col(created_at) < wanted.created_before
