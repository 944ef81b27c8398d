"""The assistant's tools for tasks."""

from uuid import UUID

from pydantic import Field

from backend.core.permissions import Permission
from backend.core.preconditions import ANY_VERSION
from backend.models.platform.base import Input
from backend.models.platform.fields import Words
from backend.models.tasks.tasks import TaskCreate, TaskPublic, TaskQuery, TaskStatus
from backend.services.assistant.tools.base import AssistantTool, Result, ToolContext, shown
from backend.services.assistant.tools.resources import FindArguments, creator, finder, reader

ME = "me"


class FindTasks(FindArguments):
    status: list[TaskStatus] = Field(default=[], description="Any of these statuses.")
    overdue: bool | None = Field(default=None, description="Unfinished and past the due date.")


class OneTask(Input):
    task_id: UUID


class AssignTask(OneTask):
    assignee: Words = Field(min_length=1, description="`me`, or the e-mail address of a user.")


async def _complete(given: OneTask, context: ToolContext) -> Result:
    """A task that is already done stays so: an answer may be retried after a crash."""
    tasks, by = context.services.tasks, context.by
    task = await tasks.read(given.task_id, by)
    if task.status is not TaskStatus.DONE:
        task = await tasks.complete(given.task_id, by, ANY_VERSION)
    return shown(TaskPublic, task)


async def _assign(given: AssignTask, context: ToolContext) -> Result:
    assignee_id = await _assignee(given.assignee, context)
    tasks = context.services.tasks
    task = await tasks.assign(given.task_id, assignee_id, context.by, ANY_VERSION)
    return shown(TaskPublic, task)


async def _assignee(assignee: str, context: ToolContext) -> UUID:
    if assignee.lower() == ME:
        return context.by.user_id
    context.by.require(Permission.TASKS_ASSIGN)
    return (await context.services.users.find_by_email(assignee, context.by)).id


async def _delete(given: OneTask, context: ToolContext) -> Result:
    await context.services.tasks.delete(given.task_id, context.by, ANY_VERSION)
    return {"deleted": str(given.task_id)}


async def _plan_to_delete(given: OneTask, context: ToolContext) -> str:
    task = await context.services.tasks.read(given.task_id, context.by)
    return f"Delete the task {task.title} for good."


TOOLS = (
    finder(
        "tasks",
        FindTasks,
        Permission.TASKS_READ,
        TaskQuery,
        lambda services: services.tasks.page,
        TaskPublic,
    ),
    reader(
        "task",
        OneTask,
        Permission.TASKS_READ,
        lambda services: services.tasks.read,
        TaskPublic,
    ),
    creator(
        "task",
        TaskCreate,
        Permission.TASKS_WRITE,
        lambda services: services.tasks.create,
        TaskPublic,
    ),
    AssistantTool(
        "complete_task",
        "Mark a task as done.",
        OneTask,
        Permission.TASKS_WRITE,
        _complete,
    ),
    AssistantTool(
        "assign_task",
        "Give a task to the person who asks, or to another user.",
        AssignTask,
        Permission.TASKS_WRITE,
        _assign,
    ),
    AssistantTool(
        "delete_task",
        "Delete a task for good. The person has to confirm it.",
        OneTask,
        Permission.TASKS_DELETE,
        _delete,
        _plan_to_delete,
    ),
)
