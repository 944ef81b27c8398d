"""Builds the procrastinate app with all tasks."""

from procrastinate import App
from procrastinate.connector import BaseConnector

from backend.core.config import WorkerSettings
from backend.jobs.events import add_event_tasks
from backend.jobs.executions import add_execution_tasks
from backend.jobs.mails import add_mail_tasks
from backend.jobs.organisations import add_organisation_tasks
from backend.jobs.retry import use_one_strategy
from backend.jobs.schedule import add_scheduled_tasks
from backend.jobs.sweep import add_sweep_tasks
from backend.jobs.webhooks import add_webhook_tasks
from backend.services.container import Services


def build_jobs(connector: BaseConnector, services: Services, settings: WorkerSettings) -> App:
    """Return an app with all tasks, as closures over the services.

    Nothing is registered at import, so that two apps in one process share nothing.
    """
    app = App(connector=connector)
    add_event_tasks(app, services)
    add_mail_tasks(app, services)
    add_organisation_tasks(app, services)
    add_execution_tasks(app, services, settings)
    add_webhook_tasks(app, services)
    add_scheduled_tasks(app, services)
    add_sweep_tasks(app, services, settings)
    use_one_strategy(app, settings)
    return app
