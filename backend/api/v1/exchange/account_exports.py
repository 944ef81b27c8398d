"""What is personal of you, as a ZIP."""

from fastapi import status

from backend.api.deps import PersonDep
from backend.api.etags import TagDep
from backend.api.idempotency import IdempotencyKeyDep, IdempotentRoute, KeptAnswer
from backend.api.injection import Injected
from backend.api.problems import CONFLICT, declare
from backend.api.routes import ResourceRouter
from backend.models.background.executions import Execution
from backend.models.exchange.account_exports import AccountExportInputs
from backend.models.execution_bodies import AnyExecution, account_export
from backend.services.background.executions import ExecutionService

router = ResourceRouter(prefix="/users/me/export", tags=["users"], route_class=IdempotentRoute)


@router.post(
    "",
    status_code=status.HTTP_202_ACCEPTED,
    response_model=AnyExecution,
    responses=declare(CONFLICT),
)
async def export_account(
    by: PersonDep,
    executions: Injected[ExecutionService],
    tag: TagDep,
    key: IdempotencyKeyDep,
    data: AccountExportInputs | None = None,
) -> Execution | KeptAnswer:
    """Gather all that is personal of you in a ZIP of JSON and files, in the background.

    Poll it at `Location`; its result has the id of a private file.
    """
    return tag.created("executions", await executions.create(account_export(data), by, key))
