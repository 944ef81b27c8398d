"""What tests of deliveries have in common."""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import text, update
from sqlmodel import col

from backend.core.database import Database
from backend.core.scopes import SYSTEM
from backend.models.platform.job_requests import Queue
from backend.models.webhooks.deliveries import WebhookQueue
from backend.repositories.unit_of_work import UnitOfWorkFactory
from backend.services.webhooks.webhooks import SWITCHED_OFF, give_up
from tests.fixtures.jobs import Jobs
from tests.fixtures.people import Person
from tests.fixtures.receiver import Receiver
from tests.fixtures.waiting import until

Result = TypeVar("Result")

SENDING = (Queue.EVENTS, Queue.WEBHOOKS)


async def make_webhook(
    by: Person, url: str, event_types: Sequence[str] = ("task.created",)
) -> dict[str, Any]:
    made = await by.post("/webhooks", json={"url": url, "event_types": list(event_types)})
    assert made.status_code == 201, made.text
    webhook: dict[str, Any] = made.json()
    return webhook


async def make_task(by: Person, title: str = "Call") -> dict[str, Any]:
    made = await by.post("/tasks", json={"title": title})
    assert made.status_code == 201, made.text
    task: dict[str, Any] = made.json()
    return task


async def tell(by: Person, receiver: Receiver, jobs: Jobs) -> dict[str, Any]:
    """Make a webhook, and a task that it is told of; returns the webhook."""
    webhook = await make_webhook(by, receiver.url)
    await make_task(by)
    await jobs.drain(*SENDING)
    return webhook


async def deliveries_of(by: Person, webhook: dict[str, Any], **query: Any) -> list[dict[str, Any]]:
    answer = await by.get(f"/webhooks/{webhook['id']}/deliveries", params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def until_delivered(by: Person, webhook: dict[str, Any]) -> None:
    """Wait until another task has noted that the webhook has taken all it was told."""

    async def is_told() -> bool:
        return not await deliveries_of(by, webhook, status="pending")

    await until(is_told)


async def while_switching_off(
    uow: UnitOfWorkFactory, database: Database, webhook: dict[str, Any], work: Awaitable[Result]
) -> Result:
    """Return what comes of work that begins before it is committed that a webhook is off."""
    waiting = text("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")

    async def is_stuck() -> bool:
        async with database.engine.connect() as connection:
            return working.done() or bool(await connection.scalar(waiting))

    async with uow(SYSTEM) as unit:
        (row,) = await unit.webhooks.find_many([UUID(webhook["id"])], for_update=True)
        row.is_active = False
        await unit.webhooks.save(row)
        await give_up(unit, row.id, SWITCHED_OFF)
        working = asyncio.ensure_future(work)
        await until(is_stuck)
        await unit.commit()
    return await working


async def secret_of(by: Person, webhook: dict[str, Any]) -> str:
    answer = await by.get(f"/webhooks/{webhook['id']}/secret")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["secret"])


async def let_pauses_end(database: Database) -> None:
    """As if enough time had passed for the next attempt."""
    async with database.engine.begin() as connection:
        await connection.execute(
            text("UPDATE webhook_queues SET due_at = now(), paused_until = NULL")
        )
        await connection.execute(
            text("UPDATE webhook_deliveries SET due_at = now() WHERE status = 'pending'")
        )


async def send_again(jobs: Jobs, database: Database) -> None:
    """Send what has failed once more."""
    await let_pauses_end(database)
    await jobs.services.webhooks.sender.send_due()


async def waiting_jobs(database: Database) -> list[str]:
    """The tasks of jobs that wait, of webhooks alone."""
    async with database.engine.connect() as connection:
        found = await connection.execute(
            text(
                "SELECT task_name FROM procrastinate_jobs WHERE status = 'todo'"
                " AND task_name LIKE '%webhooks' ORDER BY id"
            )
        )
        return list(found.scalars())


async def set_of_queue(database: Database, webhook: dict[str, Any], **values: Any) -> None:
    """Set columns of the queue of a webhook."""
    one = col(WebhookQueue.webhook_id) == UUID(webhook["id"])
    async with database.engine.begin() as connection:
        await connection.execute(update(WebhookQueue).where(one).values(**values))
