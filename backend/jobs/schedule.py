"""Periodic tasks: each runs once, however many workers there are."""

from collections.abc import Awaitable, Callable
from functools import partial

from procrastinate import App

from backend.jobs.retry import NextTick
from backend.models.platform.job_requests import Queue
from backend.repositories.operations.retention import Expiring
from backend.services.container import Services


def add_scheduled_tasks(app: App, services: Services) -> None:
    """Times are UTC, as cron writes them."""
    clean_up = services.operations.clean_up
    _schedule(
        app, "end_abandoned_executions", "* * * * *", services.background.executions.end_abandoned
    )
    answers = services.assistant.chat_messages
    _schedule(app, "end_abandoned_answers", "* * * * *", answers.end_abandoned)
    # Should a job be lost that sends.
    _schedule(app, "wake_webhooks", "* * * * *", services.webhooks.sender.wake_later)
    _schedule(app, "erase_accounts", "*/10 * * * *", services.operations.eraser.erase_due)
    _schedule(app, "remove_orphaned_files", "23 3 * * *", clean_up.remove_orphaned_files)
    organisations = services.identity.organisations
    if organisations.has_many:
        _schedule(app, "erase_organisations", "41 3 * * *", organisations.erase_due)
    # Each separately: one that fails does not block the others.
    for minute, what in enumerate(Expiring):
        _schedule(app, f"remove_{what}", f"{minute} * * * *", partial(clean_up.remove, what))


def _schedule(app: App, name: str, cron: str, work: Callable[[], Awaitable[None]]) -> None:
    # At most one is waiting, even if no worker takes the queue for days.
    @app.periodic(cron=cron)
    @app.task(name=name, queue=Queue.MAINTENANCE, queueing_lock=name, retry=NextTick())
    async def run(timestamp: int) -> None:  # noqa: ARG001  # when it was due
        await work()
