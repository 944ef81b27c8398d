"""The versions of a workflow."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, status

from backend.api.deps import may
from backend.api.etags import MatchDep, TagDep
from backend.api.idempotency import IdempotencyKeyDep, IdempotentRoute, KeptAnswer
from backend.api.injection import Injected
from backend.api.routes import ResourceRouter
from backend.core.permissions import Permission, Principal
from backend.models.platform.paging import Page
from backend.models.workflows.workflow_versions import (
    AnyWorkflowVersionCreate,
    WorkflowVersion,
    WorkflowVersionListed,
    WorkflowVersionPublic,
    WorkflowVersionQuery,
)
from backend.models.workflows.workflows import AnyWorkflow, Workflow
from backend.services.workflows.workflows import WorkflowService

router = ResourceRouter(
    prefix="/workflows/{workflow_id}/versions", tags=["workflows"], route_class=IdempotentRoute
)

WorkflowId = Annotated[UUID, Path(examples=["01976d5e-8f60-7c3a-9b52-5d1f0a6c7e31"])]
Number = Annotated[int, Path(ge=1, le=2**31 - 1, examples=[1])]
MayRead = Annotated[Principal, may(Permission.WORKFLOWS_READ)]
MayWrite = Annotated[Principal, may(Permission.WORKFLOWS_WRITE)]


@router.get("", response_model=Page[WorkflowVersionListed])
async def list_workflow_versions(
    workflow_id: WorkflowId,
    query: Annotated[WorkflowVersionQuery, Query()],
    by: MayRead,
    workflows: Injected[WorkflowService],
) -> Page[WorkflowVersion]:
    """The versions of a workflow, the newest first, without their definitions."""
    return await workflows.versions(workflow_id, query, by)


@router.post("", status_code=status.HTTP_201_CREATED, response_model=AnyWorkflow)
async def add_workflow_version(
    workflow_id: WorkflowId,
    data: AnyWorkflowVersionCreate,
    by: MayWrite,
    workflows: Injected[WorkflowService],
    match: MatchDep,
    tag: TagDep,
    key: IdempotencyKeyDep,
) -> Workflow | KeptAnswer:
    """Add a version, whose number becomes `last_number`. Returns the workflow.

    Without `activate`, it runs only where it is named explicitly.
    """
    added = await workflows.add_version(workflow_id, data, by, match, key)
    return tag.created("workflows", added)


@router.get("/{number}", response_model=WorkflowVersionPublic)
async def read_workflow_version(
    workflow_id: WorkflowId, number: Number, by: MayRead, workflows: Injected[WorkflowService]
) -> WorkflowVersion:
    """One version, with its definition. It never changes."""
    return await workflows.version(workflow_id, number, by)
