"""Changes of many tasks in one request."""

from typing import Annotated

from backend.api.deps import may
from backend.api.domain_problems import DOMAIN_PROBLEMS
from backend.api.injection import Injected
from backend.api.problems import BULK_REFUSED, declare
from backend.api.routes import CheckedRoute, ResourceRouter
from backend.core.permissions import Permission, Principal
from backend.models.tasks.task_bulk import (
    TaskBulk,
    TaskBulkResult,
    TaskChangeFailure,
    TaskChangeResult,
)
from backend.models.tasks.tasks import TaskPublic
from backend.services.tasks.task_bulk import Outcome, TaskBulkService

router = ResourceRouter(prefix="/tasks", tags=["tasks"], route_class=CheckedRoute)

MayWrite = Annotated[Principal, may(Permission.TASKS_WRITE)]


@router.post("/bulk", responses=declare(BULK_REFUSED))
async def change_tasks(
    data: TaskBulk, by: MayWrite, tasks: Injected[TaskBulkService]
) -> TaskBulkResult:
    """Change many tasks in one transaction.

    With `all_or_nothing`, one refused change refuses them all (409). Without it, the others are
    made, and each has its own result.
    """
    outcomes = await tasks.change(data, by)
    return TaskBulkResult(results=[_result(outcome) for outcome in outcomes])


def _result(outcome: Outcome) -> TaskChangeResult:
    task = TaskPublic.model_validate(outcome.task, from_attributes=True) if outcome.task else None
    return TaskChangeResult(task_id=outcome.task_id, task=task, failure=_failure(outcome))


def _failure(outcome: Outcome) -> TaskChangeFailure | None:
    if outcome.error is None:
        return None
    kind = DOMAIN_PROBLEMS[type(outcome.error)]
    return TaskChangeFailure(
        type=f"/problems/{kind.slug}",
        title=kind.title,
        status=kind.status,
        detail=outcome.error.detail,
    )
