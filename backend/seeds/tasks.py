"""Tasks in every status and priority, some of them overdue, for users and customers of the seed."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from backend.models.tasks.checklists import ChecklistItem
from backend.models.tasks.tasks import Task, TaskPriority, TaskStatus
from backend.repositories.unit_of_work import UnitOfWork
from backend.seeds.base import SeedContext, seed_id, seeded_user
from backend.seeds.customers import CUSTOMERS
from backend.seeds.users import ADMIN, MANAGER, MEMBER, SeedUser


class SeedTask(NamedTuple):
    """`due_in` is in days from the first run; `customer` is a place in CUSTOMERS."""

    title: str
    status: TaskStatus
    priority: TaskPriority
    due_in: int | None
    assignee: SeedUser | None
    customer: int | None
    description: str = ""
    steps: tuple[str, ...] = ()


_OPEN, _BEGUN, _DONE, _CANCELLED = TaskStatus
_LOW, _NORMAL, _HIGH, _URGENT = TaskPriority
TASKS = (
    SeedTask("Send the renewal offer", _OPEN, _HIGH, 3, MEMBER, 5, "Same terms, new price list."),
    SeedTask("Call back about the support case", _OPEN, _URGENT, -1, MEMBER, 3),
    SeedTask(
        "Prepare the demo for 25 seats", _BEGUN, _HIGH, 5, MANAGER, 10,
        steps=("Copy the example data", "Ask who will come", "Book the room"),
    ),
    SeedTask("Write the spreadsheet report", _BEGUN, _NORMAL, 1, MEMBER, 1),
    SeedTask("Check the invoice address", _DONE, _LOW, -6, MEMBER, 9),
    SeedTask("Set up the fourth branch", _OPEN, _NORMAL, 14, MANAGER, 7),
    SeedTask("Ask whether the plant is ready", _OPEN, _LOW, 60, None, 8),
    SeedTask("Compare our support with the competitors'", _CANCELLED, _NORMAL, None, MANAGER, 4),
    SeedTask("Send the smallest plan's terms", _DONE, _NORMAL, -12, MEMBER, 6),
    SeedTask("Visit the second practice", _OPEN, _NORMAL, -3, MANAGER, 0),
    SeedTask("Renew the office lease", _OPEN, _URGENT, 9, ADMIN, None, "Ends with the quarter."),
    SeedTask("Order new laptops", _OPEN, _NORMAL, None, None, None),
)  # fmt: skip


class TaskSeeder:
    async def run(self, context: SeedContext) -> int:
        async with context.uow(context.scope) as uow:
            users = {
                user: (await seeded_user(uow, user.email)).id for user in (ADMIN, MANAGER, MEMBER)
            }
            rows = [_row(task, users, context.now) for task in TASKS]
            await _link_customers(uow, rows)
            added = await uow.tasks.add_missing(rows)
            await uow.commit()
        return added


async def _link_customers(uow: UnitOfWork, rows: list[Task]) -> None:
    """Leave out those that somebody has deleted."""
    ids = [seed_id("customer", each.email) for each in CUSTOMERS]
    known = await uow.customers.known(ids)
    for row, task in zip(rows, TASKS, strict=True):
        if task.customer is not None and ids[task.customer] in known:
            row.customer_id = ids[task.customer]


def _row(task: SeedTask, users: dict[SeedUser, UUID], now: datetime) -> Task:
    created = now - timedelta(days=20)
    return Task(
        id=seed_id("task", task.title),
        title=task.title,
        description=task.description,
        status=task.status,
        priority=task.priority,
        due_at=None if task.due_in is None else now + timedelta(days=task.due_in),
        assignee_id=users[task.assignee] if task.assignee else None,
        checklist=[
            ChecklistItem(id=seed_id("step", step), text=step, is_done=place == 0)
            for place, step in enumerate(task.steps)
        ],
        completed_at=now - timedelta(days=1) if task.status is TaskStatus.DONE else None,
        created_at=created,
        updated_at=created,
    )
