"""Your long-running work in the background."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Path, Query, status
from fastapi.sse import EventSourceResponse

from backend.api.deps import StarterDep
from backend.api.etags import CachedTagDep, MatchDep, TagDep
from backend.api.event_streams import event_of
from backend.api.idempotency import IdempotencyKeyDep, IdempotentRoute, KeptAnswer
from backend.api.injection import Injected
from backend.api.problems import CONFLICT, PERMISSION_DENIED, declare
from backend.api.routes import ResourceRouter
from backend.models.background.execution_steps import (
    ExecutionStep,
    ExecutionStepPublic,
    ExecutionStepQuery,
)
from backend.models.background.executions import (
    Execution,
    ExecutionListed,
    ExecutionName,
    ExecutionQuery,
    ExecutionState,
)
from backend.models.execution_bodies import (
    AnyExecution,
    AnyExecutionCreate,
    AnyExecutionDraft,
)
from backend.models.platform.paging import Page
from backend.services.background.executions import ExecutionService
from backend.services.background.stream import ExecutionWatch

router = ResourceRouter(prefix="/executions", tags=["executions"], route_class=IdempotentRoute)

ExecutionId = Annotated[UUID, Path(examples=["01976d5e-8f60-7c3a-9b52-5d1f0a6c7e11"])]
LastEventId = Annotated[
    int | None,
    Header(
        alias="Last-Event-ID",
        ge=0,
        le=2**31 - 1,
        description="The `id` of the last event that you received: only later ones are sent.",
    ),
]


@router.get("", response_model=Page[ExecutionListed])
async def list_executions(
    query: Annotated[ExecutionQuery, Query()],
    by: StarterDep,
    executions: Injected[ExecutionService],
) -> Page[Execution]:
    """Your executions, without inputs and results."""
    return await executions.page(query, by)


@router.post(
    "",
    status_code=status.HTTP_202_ACCEPTED,
    response_model=AnyExecution,
    responses=declare(CONFLICT, PERMISSION_DENIED),
)
async def create_execution(
    data: AnyExecutionCreate,
    by: StarterDep,
    executions: Injected[ExecutionService],
    tag: TagDep,
    key: IdempotencyKeyDep,
) -> Execution | KeptAnswer:
    """Start work in the background. Its kind determines the permission it needs.

    Poll it at `Location`, or follow its events.
    """
    return tag.created("executions", await executions.create(data, by, key))


@router.post("/generate-name", responses=declare(PERMISSION_DENIED))
async def generate_execution_name(
    data: AnyExecutionDraft, by: StarterDep, executions: Injected[ExecutionService]
) -> ExecutionName:
    """Suggest a short name for an execution, by the language model if one is configured.

    An execution created without a name gets one from its kind and inputs.
    """
    return ExecutionName(name=await executions.generate_name(data, by))


@router.get("/{execution_id}", response_model=AnyExecution)
async def read_execution(
    execution_id: ExecutionId,
    by: StarterDep,
    executions: Injected[ExecutionService],
    tag: CachedTagDep,
) -> Execution:
    """One of your executions, with its result once it has completed."""
    return tag(await executions.read(execution_id, by))


@router.delete(
    "/{execution_id}", status_code=status.HTTP_204_NO_CONTENT, responses=declare(CONFLICT)
)
async def delete_execution(
    execution_id: ExecutionId,
    by: StarterDep,
    executions: Injected[ExecutionService],
    match: MatchDep,
) -> None:
    """Delete an ended execution with its steps."""
    await executions.delete(execution_id, by, match)


@router.post(
    "/{execution_id}/cancel",
    status_code=status.HTTP_202_ACCEPTED,
    response_model=AnyExecution,
    responses=declare(CONFLICT),
)
async def cancel_execution(
    execution_id: ExecutionId, by: StarterDep, executions: Injected[ExecutionService], tag: TagDep
) -> Execution:
    """Cancel an execution: immediately if it is pending, within seconds if it is running.

    It takes no `If-Match`, as progress keeps changing the version.
    """
    return tag(await executions.cancel(execution_id, by))


@router.post(
    "/{execution_id}/retry",
    status_code=status.HTTP_202_ACCEPTED,
    response_model=AnyExecution,
    responses=declare(CONFLICT, PERMISSION_DENIED),
)
async def retry_execution(
    execution_id: ExecutionId,
    by: StarterDep,
    executions: Injected[ExecutionService],
    match: MatchDep,
    tag: TagDep,
) -> Execution:
    """Retry a failed or cancelled execution, with your rights. Finished steps are not repeated."""
    return tag(await executions.retry(execution_id, by, match))


@router.get("/{execution_id}/steps", response_model=Page[ExecutionStepPublic])
async def list_execution_steps(
    execution_id: ExecutionId,
    query: Annotated[ExecutionStepQuery, Query()],
    by: StarterDep,
    executions: Injected[ExecutionService],
) -> Page[ExecutionStep]:
    """The finished steps of an execution, which a retry keeps. Not every kind has steps."""
    return await executions.steps(execution_id, query, by)


async def _own_execution(
    execution_id: ExecutionId, by: StarterDep, executions: Injected[ExecutionService]
) -> Execution:
    """Read before the stream begins: within it, it is too late for a 404."""
    return await executions.read(execution_id, by)


@router.get("/{execution_id}/events", response_class=EventSourceResponse)
async def follow_execution(
    execution: Annotated[Execution, Depends(_own_execution)],
    by: StarterDep,
    watch: Injected[ExecutionWatch],
    last_event_id: LastEventId = None,
) -> AsyncIterator[ExecutionState]:
    """Follow an execution by server-sent events, from its current state to its last.

    The data of each event is the state, its `id` the version of the execution. The stream ends
    after the last state, and when your session ends or the server stops: reconnect with
    `Last-Event-ID` to continue. Lines that begin with a colon only keep the connection alive.
    """
    async with aclosing(watch.states(execution, by, last_event_id or 0)) as states:
        async for each in states:
            state = ExecutionState.of(each)
            yield event_of(state, each.version)  # type: ignore[misc]  # documented by what is in it
