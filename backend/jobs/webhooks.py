"""The jobs that send what webhooks are told, and handle what others tell."""

from uuid import UUID

from procrastinate import App

from backend.core.scopes import Within
from backend.models.platform.job_requests import Queue
from backend.services.container import Services
from backend.services.webhooks.incoming import HANDLE_INCOMING
from backend.services.webhooks.sending import SEND_WEBHOOKS


def add_webhook_tasks(app: App, services: Services) -> None:
    @app.task(name=SEND_WEBHOOKS, queue=Queue.WEBHOOKS)
    async def send_webhooks() -> None:
        await services.webhooks.sender.send_due()

    @app.task(name=HANDLE_INCOMING, queue=Queue.EVENTS)
    async def handle_incoming(message_id: str, organisation_id: str | None = None) -> None:
        scope = Within.of_job(organisation_id)
        await services.webhooks.incoming.handle(UUID(message_id), scope)
