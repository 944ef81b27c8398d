"""The jobs that begin organisations and end them, where there are many."""

from uuid import UUID

from procrastinate import App

from backend.models.platform.job_requests import Queue
from backend.services.container import Services
from backend.services.identity.organisations import FURNISH_ORGANISATION


def add_organisation_tasks(app: App, services: Services) -> None:
    organisations = services.identity.organisations

    @app.task(name=FURNISH_ORGANISATION, queue=Queue.MAINTENANCE)
    async def furnish_organisation(organisation_id: str) -> None:
        await organisations.furnish(UUID(organisation_id))
