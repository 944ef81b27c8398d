"""The steps of a task."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, status

from backend.api.deps import may
from backend.api.etags import MatchDep, TagDep
from backend.api.idempotency import IdempotencyKeyDep, IdempotentRoute, KeptAnswer
from backend.api.injection import Injected
from backend.api.problems import CONFLICT, declare
from backend.api.routes import ResourceRouter
from backend.core.permissions import Permission, Principal
from backend.models.tasks.checklists import ChecklistItemCreate, ChecklistItemUpdate
from backend.models.tasks.tasks import Task, TaskPublic
from backend.services.tasks.checklists import ChecklistService

router = ResourceRouter(
    prefix="/tasks/{task_id}/checklist", tags=["tasks"], route_class=IdempotentRoute
)

TaskId = Annotated[UUID, Path(examples=["01976d5e-8f60-7c3a-9b52-5d1f0a6c7e04"])]
ItemId = Annotated[UUID, Path(examples=["01976d5e-8f60-7c3a-9b52-5d1f0a6c7e09"])]
MayWrite = Annotated[Principal, may(Permission.TASKS_WRITE)]


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=TaskPublic,
    responses=declare(CONFLICT),
)
async def add_checklist_item(
    task_id: TaskId,
    data: ChecklistItemCreate,
    by: MayWrite,
    checklists: Injected[ChecklistService],
    match: MatchDep,
    tag: TagDep,
    key: IdempotencyKeyDep,
) -> Task | KeptAnswer:
    """Append an item to a task's checklist. Returns the task."""
    return tag.created("tasks", await checklists.add(task_id, data, by, match, key))


@router.patch("/{item_id}", response_model=TaskPublic)
async def change_checklist_item(
    task_id: TaskId,
    item_id: ItemId,
    data: ChecklistItemUpdate,
    by: MayWrite,
    checklists: Injected[ChecklistService],
    match: MatchDep,
    tag: TagDep,
) -> Task:
    """Check an item, or change its text. Returns the task."""
    return tag(await checklists.change(task_id, item_id, data, by, match))


@router.delete("/{item_id}", response_model=TaskPublic)
async def remove_checklist_item(
    task_id: TaskId,
    item_id: ItemId,
    by: MayWrite,
    checklists: Injected[ChecklistService],
    match: MatchDep,
    tag: TagDep,
) -> Task:
    """Remove an item. Returns the task."""
    return tag(await checklists.remove(task_id, item_id, by, match))
