from datetime import timedelta
from uuid import UUID

from backend.core.logging import get_logger
from backend.models.jobs import JobRequest, Queue
from backend.models.mails import Mail
from backend.repositories.unit_of_work import UnitOfWork, UnitOfWorkFactory
from backend.services.mail import Mailer, MailRefusedError, MailUnavailableError, OutgoingMail
from backend.services.mail_writer import MailWriter

_log = get_logger(__name__)


class MailService:
    """Mails are queued with the change that they tell of, and sent by a job.

    A mail goes out once, unless a process dies between sending it and noting that: then it goes
    out again with the same Message-ID.
    """

    def __init__(
        self, uow: UnitOfWorkFactory, mailer: Mailer, writer: MailWriter, patience: timedelta
    ) -> None:
        """`patience` is longer than the mailer ever takes for one mail."""
        self._uow = uow
        self._mailer = mailer
        self._writer = writer
        self._patience = patience

    async def queue(self, uow: UnitOfWork, mail: Mail) -> None:
        """Have a mail sent once the unit has committed.

        Nothing happens if one with the same `dedup_key` was queued before.
        """
        if await uow.mails.add_missing([mail]):
            await uow.defer(JobRequest("send_mail", Queue.MAIL, {"mail_id": str(mail.id)}))

    async def send(self, mail_id: UUID) -> None:
        """Send a mail that was queued. Does nothing if it was sent or refused before.

        What is refused for good is noted on the row, and no error.

        Raises:
            MailUnavailableError: it can't be sent now; try again later.
            NotFoundError: there is no such mail.
        """
        mail = await self._claim(mail_id)
        if mail is None:
            return
        try:
            content = await self._writer.write(mail)
            await self._mailer.send(OutgoingMail(mail.id, mail.recipient, content, mail.created_at))
        except MailRefusedError as error:
            mail.fail(str(error), for_good=True)
            _log.warning("mail_refused", mail_id=str(mail_id), kind=mail.kind, reason=str(error))
        except MailUnavailableError as error:
            mail.fail(str(error), for_good=False)
            await self._keep(mail)
            raise
        else:
            mail.succeed()
        await self._keep(mail)

    async def _claim(self, mail_id: UUID) -> Mail | None:
        """The mail, which nobody else sends meanwhile; None if it is settled."""
        async with self._uow() as uow:
            mail = await uow.mails.get(mail_id, for_update=True)
            if mail.is_settled:
                return None
            if mail.is_claimed:
                raise MailUnavailableError("It is being sent just now.")
            mail.claim(self._patience)
            await uow.mails.save(mail)
            await uow.commit()
        return mail

    async def _keep(self, sent: Mail) -> None:
        outcome = sent.model_dump(include={"claimed_until", "sent_at", "refused_at", "last_error"})
        async with self._uow() as uow:
            mail = await uow.mails.get(sent.id, for_update=True)
            mail.sqlmodel_update(outcome)
            await uow.mails.save(mail)
            await uow.commit()
