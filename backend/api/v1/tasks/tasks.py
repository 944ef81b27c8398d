"""The tasks of the team."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Response, status

from backend.api.csv_export import CSV_RESPONSES, WantsCsv, csv_response
from backend.api.deps import may
from backend.api.etags import CachedTagDep, MatchDep, TagDep
from backend.api.idempotency import IdempotencyKeyDep, IdempotentRoute, KeptAnswer
from backend.api.injection import Injected
from backend.api.problems import CONFLICT, declare
from backend.api.routes import ResourceRouter
from backend.core.permissions import Permission, Principal
from backend.models.platform.paging import Page
from backend.models.tasks.tasks import (
    Task,
    TaskAssign,
    TaskCreate,
    TaskPublic,
    TaskQuery,
    TaskUpdate,
)
from backend.services.identity.rights import PresentRights
from backend.services.platform.all_pages import all_pages
from backend.services.tasks.tasks import TaskService

router = ResourceRouter(prefix="/tasks", tags=["tasks"], route_class=IdempotentRoute)

TaskId = Annotated[UUID, Path(examples=["01976d5e-8f60-7c3a-9b52-5d1f0a6c7e04"])]
MayRead = Annotated[Principal, may(Permission.TASKS_READ)]
MayWrite = Annotated[Principal, may(Permission.TASKS_WRITE)]
MayDelete = Annotated[Principal, may(Permission.TASKS_DELETE)]
MayAssign = Annotated[Principal, may(Permission.TASKS_ASSIGN)]


@router.get("", response_model=Page[TaskPublic], responses=CSV_RESPONSES)
async def list_tasks(
    query: Annotated[TaskQuery, Query()],
    by: MayRead,
    tasks: Injected[TaskService],
    rights: Injected[PresentRights],
    as_csv: WantsCsv,
) -> Page[Task] | Response:
    """The tasks of the team. Sorted by `due_at`, tasks without a due date come last."""
    if as_csv:
        pages = all_pages(tasks.page, query, rights.as_of_now(by, Permission.TASKS_READ))
        return await csv_response(pages, TaskPublic, "tasks")
    return await tasks.page(query, by)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=TaskPublic,
)
async def create_task(
    data: TaskCreate,
    by: MayWrite,
    tasks: Injected[TaskService],
    tag: TagDep,
    key: IdempotencyKeyDep,
) -> Task | KeptAnswer:
    """Add a task. Assigning it to somebody else takes `tasks:assign` too."""
    return tag.created("tasks", await tasks.create(data, by, key))


@router.get("/{task_id}", response_model=TaskPublic)
async def read_task(
    task_id: TaskId, by: MayRead, tasks: Injected[TaskService], tag: CachedTagDep
) -> Task:
    """One task."""
    return tag(await tasks.read(task_id, by))


@router.patch("/{task_id}", response_model=TaskPublic, responses=declare(CONFLICT))
async def update_task(
    task_id: TaskId,
    data: TaskUpdate,
    by: MayWrite,
    tasks: Injected[TaskService],
    match: MatchDep,
    tag: TagDep,
) -> Task:
    """Change the fields that you send. Assigning it to somebody else takes `tasks:assign` too."""
    return tag(await tasks.update(task_id, data, by, match))


@router.delete(
    "/{task_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=declare(CONFLICT),
)
async def delete_task(
    task_id: TaskId, by: MayDelete, tasks: Injected[TaskService], match: MatchDep
) -> None:
    """Delete a task for good, unless files are attached to it."""
    await tasks.delete(task_id, by, match)


@router.post(
    "/{task_id}/complete",
    response_model=TaskPublic,
    responses=declare(CONFLICT),
)
async def complete_task(
    task_id: TaskId, by: MayWrite, tasks: Injected[TaskService], match: MatchDep, tag: TagDep
) -> Task:
    """Mark a task as done."""
    return tag(await tasks.complete(task_id, by, match))


@router.post(
    "/{task_id}/reopen",
    response_model=TaskPublic,
    responses=declare(CONFLICT),
)
async def reopen_task(
    task_id: TaskId, by: MayWrite, tasks: Injected[TaskService], match: MatchDep, tag: TagDep
) -> Task:
    """Reopen a done or cancelled task."""
    return tag(await tasks.reopen(task_id, by, match))


@router.post("/{task_id}/assign", response_model=TaskPublic)
async def assign_task(
    task_id: TaskId,
    data: TaskAssign,
    by: MayAssign,
    tasks: Injected[TaskService],
    match: MatchDep,
    tag: TagDep,
) -> Task:
    """Assign a task to a user, or with null to nobody."""
    return tag(await tasks.assign(task_id, data.assignee_id, by, match))
