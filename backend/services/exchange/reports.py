"""The kind of execution `report`."""

from uuid import UUID

from backend.core.errors import unknown_reference
from backend.core.permissions import Permission, Principal
from backend.models.exchange.reports import (
    Age,
    ReportInputs,
    ReportName,
    ReportResult,
)
from backend.models.platform.mixins import now
from backend.models.platform.money import MoneyTotal
from backend.models.sales.leads import LeadStatus, PipelineStage
from backend.repositories.exchange.unit import ExchangeUnits
from backend.repositories.sales.leads import LeadGroup
from backend.services.background.kinds import ExecutionContext

_NEEDED = {
    ReportName.LEADS_PIPELINE: Permission.LEADS_READ,
    ReportName.TASKS_BY_AGE: Permission.TASKS_READ,
}
_NAMES = {
    ReportName.LEADS_PIPELINE: "Pipeline of leads",
    ReportName.TASKS_BY_AGE: "Unfinished tasks by age",
}
_AGES = list(Age)


class ReportKind:
    def __init__(self, uow: ExchangeUnits) -> None:
        self._uow = uow

    async def check(self, inputs: ReportInputs, by: Principal) -> None:
        """Raises PermissionDeniedError, or InvalidInputError if the person does not exist."""
        by.require(_NEEDED[inputs.report])
        await self._check_person(inputs.person_id, by)

    async def run(
        self, inputs: ReportInputs, run: ExecutionContext, found: None = None
    ) -> ReportResult:
        await run.progress(0, 1, "Counting")
        if inputs.report is ReportName.LEADS_PIPELINE:
            result = await self._pipeline(inputs, run.by)
        else:
            result = await self._tasks(inputs, run.by)
        await run.progress(1, 1, "Counted")
        return result

    async def _check_person(self, person_id: UUID | None, by: Principal) -> None:
        if person_id is None:
            return
        async with self._uow.reading(by) as uow:
            if await uow.users.find(person_id) is None:
                raise unknown_reference("person_id", "user")

    async def _pipeline(self, inputs: ReportInputs, by: Principal) -> ReportResult:
        async with self._uow.reading(by) as uow:
            groups = await uow.reports.leads(inputs)
        stages = [_stage(status, groups) for status in LeadStatus]
        count = sum(stage.count for stage in stages)
        return ReportResult(report=inputs.report, as_of=now(), count=count, stages=stages)

    async def _tasks(self, inputs: ReportInputs, by: Principal) -> ReportResult:
        async with self._uow.reading(by) as uow:
            groups = await uow.reports.unfinished_tasks(inputs)
        groups.sort(key=lambda group: _AGES.index(group.age))
        count = sum(group.count for group in groups)
        return ReportResult(report=inputs.report, as_of=now(), count=count, tasks=groups)


async def report_name(inputs: ReportInputs, _: None, __: Principal) -> str:
    """Such as `Pipeline of leads since 2026-06-01`."""
    name = _NAMES[inputs.report]
    if inputs.created_after is not None:
        name += f" since {inputs.created_after:%Y-%m-%d}"
    if inputs.created_before is not None:
        name += f" before {inputs.created_before:%Y-%m-%d}"
    return name


def _stage(status: LeadStatus, groups: list[LeadGroup]) -> PipelineStage:
    own = [group for group in groups if group.status is status]
    sums = (MoneyTotal.of(group.amount, group.currency) for group in own)
    values = [value for value in sums if value is not None]
    return PipelineStage(status=status, count=sum(group.size for group in own), values=values)
