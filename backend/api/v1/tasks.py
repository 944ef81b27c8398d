from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response, status

from backend.api.deps import TaskServiceDep, may
from backend.api.problems import CONFLICT, declare
from backend.core.permissions import Permission, Principal
from backend.models.paging import Page
from backend.models.tasks import (
    Task,
    TaskAssign,
    TaskCreate,
    TaskPublic,
    TaskQuery,
    TaskUpdate,
)

router = APIRouter(prefix="/tasks", tags=["tasks"])

TaskId = Annotated[UUID, Path(examples=["01976d5e-8f60-7c3a-9b52-5d1f0a6c7e04"])]
MAY_READ = may(Permission.TASKS_READ)
MAY_WRITE = may(Permission.TASKS_WRITE)
MAY_DELETE = may(Permission.TASKS_DELETE)
MayWrite = Annotated[Principal, MAY_WRITE]
MayAssign = Annotated[Principal, may(Permission.TASKS_ASSIGN)]


@router.get("", response_model=Page[TaskPublic], dependencies=[MAY_READ])
async def list_tasks(query: Annotated[TaskQuery, Query()], tasks: TaskServiceDep) -> Page[Task]:
    """The team's tasks. Sorted by `due_at`, tasks without a due date count as the latest."""
    return await tasks.page(query)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    response_model=TaskPublic,
)
async def create_task(
    data: TaskCreate, by: MayWrite, tasks: TaskServiceDep, response: Response
) -> Task:
    """Add a task. To give it to somebody else takes `tasks:assign` as well."""
    task = await tasks.create(data, by)
    response.headers["Location"] = f"/api/v1/tasks/{task.id}"
    return task


@router.get("/{task_id}", response_model=TaskPublic, dependencies=[MAY_READ])
async def read_task(task_id: TaskId, tasks: TaskServiceDep) -> Task:
    """One task."""
    return await tasks.read(task_id)


@router.patch("/{task_id}", response_model=TaskPublic, responses=declare(CONFLICT))
async def update_task(
    task_id: TaskId, data: TaskUpdate, by: MayWrite, tasks: TaskServiceDep
) -> Task:
    """Change the fields that you send. To give it to somebody else takes `tasks:assign` too."""
    return await tasks.update(task_id, data, by)


@router.delete("/{task_id}", status_code=status.HTTP_204_NO_CONTENT, dependencies=[MAY_DELETE])
async def delete_task(task_id: TaskId, tasks: TaskServiceDep) -> None:
    """Delete a task for good."""
    await tasks.delete(task_id)


@router.post(
    "/{task_id}/complete",
    response_model=TaskPublic,
    dependencies=[MAY_WRITE],
    responses=declare(CONFLICT),
)
async def complete_task(task_id: TaskId, tasks: TaskServiceDep) -> Task:
    """Mark a task as done."""
    return await tasks.complete(task_id)


@router.post(
    "/{task_id}/reopen",
    response_model=TaskPublic,
    dependencies=[MAY_WRITE],
    responses=declare(CONFLICT),
)
async def reopen_task(task_id: TaskId, tasks: TaskServiceDep) -> Task:
    """Open a task again that is done or cancelled."""
    return await tasks.reopen(task_id)


@router.post("/{task_id}/assign", response_model=TaskPublic)
async def assign_task(
    task_id: TaskId, data: TaskAssign, by: MayAssign, tasks: TaskServiceDep
) -> Task:
    """Give a task to a user, or with null to nobody."""
    return await tasks.assign(task_id, data.assignee_id, by)
