"""The jobs that hand an event to its handlers, one each."""

from uuid import UUID

from procrastinate import App

from backend.core.scopes import Within
from backend.jobs.subscriptions import HANDLERS, Handler
from backend.models.platform.job_requests import Queue
from backend.services.container import Services


def add_event_tasks(app: App, services: Services) -> None:
    """One task per handler, so that a failing handler does not block others."""
    for handler in HANDLERS:
        _add(app, services, handler)


def _add(app: App, services: Services, handler: Handler) -> None:
    @app.task(name=handler.name, queue=Queue.EVENTS)
    async def handle(event_id: str, organisation_id: str | None = None) -> None:
        scope = Within.of_job(organisation_id)
        recorded = await services.operations.audit.read(UUID(event_id), scope)
        await handler.handle(services, recorded.happened(), scope)
