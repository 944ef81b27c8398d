"""The jobs that send mails and answer requests to reset a password."""

from uuid import UUID

from procrastinate import App

from backend.models.platform.job_requests import Queue
from backend.services.container import Services
from backend.services.identity.password_resets import REQUEST_PASSWORD_RESET
from backend.services.mail.delivery import SEND_MAIL


def add_mail_tasks(app: App, services: Services) -> None:
    @app.task(name=SEND_MAIL, queue=Queue.MAIL)
    async def send_mail(mail_id: str) -> None:
        await services.mail.mails.send(UUID(mail_id))

    @app.task(name=REQUEST_PASSWORD_RESET, queue=Queue.MAIL)
    async def request_password_reset(request_id: str) -> None:
        await services.identity.password_resets.answer(UUID(request_id))
