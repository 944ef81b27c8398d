"""The job that sends what webhooks are told."""

from procrastinate import App

from backend.models.platform.job_requests import Queue
from backend.services.container import Services
from backend.services.webhooks.sending import SEND_WEBHOOKS


def add_webhook_tasks(app: App, services: Services) -> None:
    @app.task(name=SEND_WEBHOOKS, queue=Queue.WEBHOOKS)
    async def send_webhooks() -> None:
        await services.webhooks.sender.send_due()
