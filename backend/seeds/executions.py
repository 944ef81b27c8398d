"""Two reports of the seeded member: one completed, one failed."""

from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from backend.models.background.executions import Execution, ExecutionStatus
from backend.models.exchange.reports import ReportInputs, ReportName, ReportResult
from backend.models.platform.money import MoneyTotal
from backend.models.sales.leads import LeadStatus, PipelineStage
from backend.seeds.base import SeedContext, seed_id, seeded_user
from backend.seeds.users import MEMBER


class SeedExecution(NamedTuple):
    """`days` is how long ago it was."""

    name: str
    report: ReportName
    status: ExecutionStatus
    days: int
    error: str | None = None


FAILED = SeedExecution(
    "Tasks of a colleague who has left",
    ReportName.TASKS_BY_AGE,
    ExecutionStatus.FAILED,
    2,
    "person_id: There is no user with this id.",
)
EXECUTIONS = (
    SeedExecution(
        "Pipeline of last month", ReportName.LEADS_PIPELINE, ExecutionStatus.COMPLETED, 20
    ),
    FAILED,
)
_STAGES = (
    (LeadStatus.NEW, 4, "5200.00"),
    (LeadStatus.CONTACTED, 3, "7900.00"),
    (LeadStatus.QUALIFIED, 2, "9600.00"),
    (LeadStatus.LOST, 1, "800.00"),
    (LeadStatus.CONVERTED, 2, "4100.00"),
)


class ExecutionSeeder:
    async def run(self, context: SeedContext) -> int:
        async with context.uow(context.scope) as uow:
            owner = await seeded_user(uow, MEMBER.email)
            rows = [_row(seeded, owner.id, context) for seeded in EXECUTIONS]
            added = await uow.executions.add_missing(rows)
            await uow.commit()
        return added


def _row(seeded: SeedExecution, owner_id: UUID, context: SeedContext) -> Execution:
    begun = context.now - timedelta(days=seeded.days)
    ended = begun + timedelta(seconds=1)
    is_completed = seeded.status is ExecutionStatus.COMPLETED
    result = _result(seeded.report, context) if is_completed else None
    return Execution(
        id=seed_id("execution", seeded.name),
        kind="report",
        name=seeded.name,
        inputs=ReportInputs(report=seeded.report).model_dump(mode="json"),
        owner_id=owner_id,
        status=seeded.status,
        progress_done=int(is_completed),
        progress_total=1,
        error=seeded.error,
        result=result,
        attempts=1,
        started_at=begun,
        finished_at=ended,
        created_at=begun,
        updated_at=ended,
    )


def _result(report: ReportName, context: SeedContext) -> dict[str, Any]:
    stages = [
        PipelineStage(
            status=status,
            count=count,
            values=[MoneyTotal.model_validate({"amount": amount, "currency": "EUR"})],
        )
        for status, count, amount in _STAGES
    ]
    count = sum(stage.count for stage in stages)
    made = ReportResult(report=report, as_of=context.now, count=count, stages=stages)
    return made.model_dump(mode="json")
