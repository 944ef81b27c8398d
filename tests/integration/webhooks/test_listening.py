"""Whoever writes a receiver is shown all that happens, however much that is at once."""

import asyncio
from contextlib import aclosing

from backend.core.permissions import SubjectKind
from backend.core.scopes import FIRST
from backend.repositories.unit_of_work import UnitOfWorkFactory
from backend.services.platform.change_events import created
from backend.services.webhooks.listening import WebhookFeed
from tests.factories import make_task

MANY = 450
"""More than two pages of the audit trail."""


async def add_tasks(uow: UnitOfWorkFactory) -> list[str]:
    tasks = [make_task(title=f"Task {number}") for number in range(MANY)]
    async with uow(FIRST) as unit:
        for task in tasks:
            await unit.tasks.save(task)
            unit.record(created(SubjectKind.TASK, task, None))
        await unit.commit()
    return [str(task.id) for task in tasks]


async def test_many_events_at_once_are_shown_once_each(uow: UnitOfWorkFactory) -> None:
    async with aclosing(WebhookFeed(uow).coming(["task.created"])) as coming:
        first = asyncio.ensure_future(anext(coming))
        await asyncio.sleep(0.1)  # until it listens
        added = await add_tasks(uow)
        async with asyncio.timeout(20):
            bodies = [(await first).body] + [(await anext(coming)).body for _ in added[1:]]
            added += await add_tasks(uow)
            bodies += [(await anext(coming)).body for _ in range(MANY)]

    assert all(sum(each in body for body in bodies) == 1 for each in added)
