"""The crews and flows of the team, in versions."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, status

from backend.api.deps import may
from backend.api.etags import CachedTagDep, MatchDep, TagDep
from backend.api.idempotency import IdempotencyKeyDep, IdempotentRoute, KeptAnswer
from backend.api.injection import Injected
from backend.api.problems import CONFLICT, declare
from backend.api.routes import ResourceRouter
from backend.core.permissions import Permission, Principal
from backend.models.platform.paging import Page
from backend.models.workflows.workflows import (
    AnyWorkflow,
    AnyWorkflowCreate,
    Workflow,
    WorkflowActivation,
    WorkflowListed,
    WorkflowQuery,
    WorkflowUpdate,
)
from backend.services.workflows.workflows import WorkflowService

router = ResourceRouter(prefix="/workflows", tags=["workflows"], route_class=IdempotentRoute)

WorkflowId = Annotated[UUID, Path(examples=["01976d5e-8f60-7c3a-9b52-5d1f0a6c7e31"])]
MayRead = Annotated[Principal, may(Permission.WORKFLOWS_READ)]
MayWrite = Annotated[Principal, may(Permission.WORKFLOWS_WRITE)]
MayDelete = Annotated[Principal, may(Permission.WORKFLOWS_DELETE)]


@router.get("", response_model=Page[WorkflowListed])
async def list_workflows(
    query: Annotated[WorkflowQuery, Query()], by: MayRead, workflows: Injected[WorkflowService]
) -> Page[Workflow]:
    """The crews and flows of the team, without their definitions."""
    return await workflows.page(query, by)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=AnyWorkflow,
    responses=declare(CONFLICT),
)
async def create_workflow(
    data: AnyWorkflowCreate,
    by: MayWrite,
    workflows: Injected[WorkflowService],
    tag: TagDep,
    key: IdempotencyKeyDep,
) -> Workflow | KeptAnswer:
    """Add a crew or a flow. Names are unique within a kind, ignoring case.

    Its definition becomes version 1, which is active. Run it by `POST /executions`.
    """
    return tag.created("workflows", await workflows.create(data, by, key))


@router.get("/{workflow_id}", response_model=AnyWorkflow)
async def read_workflow(
    workflow_id: WorkflowId, by: MayRead, workflows: Injected[WorkflowService], tag: CachedTagDep
) -> Workflow:
    """One workflow, with the definition of its active version."""
    return tag(await workflows.read(workflow_id, by))


@router.patch("/{workflow_id}", response_model=AnyWorkflow, responses=declare(CONFLICT))
async def update_workflow(
    workflow_id: WorkflowId,
    data: WorkflowUpdate,
    by: MayWrite,
    workflows: Injected[WorkflowService],
    match: MatchDep,
    tag: TagDep,
) -> Workflow:
    """Change the fields that you send. For another definition, add a version."""
    return tag(await workflows.update(workflow_id, data, by, match))


@router.post("/{workflow_id}/activate", response_model=AnyWorkflow)
async def activate_workflow(
    workflow_id: WorkflowId,
    data: WorkflowActivation,
    by: MayWrite,
    workflows: Injected[WorkflowService],
    match: MatchDep,
    tag: TagDep,
) -> Workflow:
    """Make a version the active one. Running executions keep their version."""
    return tag(await workflows.activate(workflow_id, data.number, by, match))


@router.delete("/{workflow_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_workflow(
    workflow_id: WorkflowId, by: MayDelete, workflows: Injected[WorkflowService], match: MatchDep
) -> None:
    """Delete a workflow with all its versions. Executions keep the definition they ran."""
    await workflows.delete(workflow_id, by, match)
