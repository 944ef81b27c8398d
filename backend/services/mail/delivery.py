import asyncio
from datetime import timedelta
from uuid import UUID

from backend.core.logging import get_logger
from backend.core.scopes import SYSTEM
from backend.models.mail.mails import Mail
from backend.models.platform.job_requests import JobRequest, Queue
from backend.repositories.mail.unit import MailUnit, MailUnits
from backend.services.mail.composing import MailWriter
from backend.services.mail.protocols import (
    MailContent,
    Mailer,
    MailRefusedError,
    MailUnavailableError,
    OutgoingMail,
)

SEND_MAIL = "send_mail"
_NOTING = timedelta(minutes=5)
"""How long to wait for the database after a mail was sent."""
_SKEW = timedelta(minutes=1)
"""The largest difference of the clocks of machines."""
_FIRST_PAUSE_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 5.0

_log = get_logger(__name__)


async def queue_mail(uow: MailUnit, mail: Mail) -> None:
    """Queue a mail, which is sent once the unit has committed.

    Does nothing if one with the same `dedup_key` was queued before.
    """
    if await uow.mails.add_missing([mail]):
        await uow.defer(JobRequest(SEND_MAIL, Queue.MAIL, {"mail_id": str(mail.id)}))


class MailService:
    """Sends mails, which `queue_mail` has queued with the change that they report.

    A mail is sent once, unless the process dies between sending and recording it, or the database
    is down for longer than five minutes: then it is sent again with the same Message-ID.
    """

    def __init__(
        self, uow: MailUnits, mailer: Mailer, writer: MailWriter, patience: timedelta
    ) -> None:
        """`patience` is longer than the mailer ever takes for one mail."""
        self._uow = uow
        self._mailer = mailer
        self._writer = writer
        self._claim_for = patience + _NOTING
        self._notes: set[asyncio.Task[None]] = set()

    async def send(self, mail_id: UUID) -> None:
        """Send a queued mail. Does nothing if it was sent or refused before.

        Nor if there is none any more, as it was erased with an account. A permanent refusal is
        recorded on the row, and not raised.

        Raises:
            MailUnavailableError: it can't be sent now; try again later.
        """
        async with self._uow.reading(SYSTEM) as uow:
            queued = await uow.mails.find(mail_id)
        if queued is None or queued.is_settled:
            return
        written = await self._write(queued)
        # Only now: a mail that can't be rendered would be delayed by its claim too.
        if mail := await self._claim(mail_id):
            await self._settle(mail, written)

    async def _write(self, mail: Mail) -> MailContent | MailRefusedError:
        """Return the content, or the reason not to send it."""
        try:
            return await self._writer.write(mail)
        except MailRefusedError as error:
            return error

    async def _settle(self, mail: Mail, written: MailContent | MailRefusedError) -> None:
        try:
            if isinstance(written, MailRefusedError):
                raise written
            await self._mailer.send(OutgoingMail(mail.id, mail.recipient, written, mail.created_at))
        except MailRefusedError as error:
            mail.fail(str(error), for_good=True)
            _log.warning("mail_refused", mail_id=str(mail.id), kind=mail.kind, reason=str(error))
        except MailUnavailableError as error:
            mail.fail(str(error), for_good=False)
            await self._note(mail)
            raise
        else:
            mail.succeed()
        await self._note(mail)

    async def _claim(self, mail_id: UUID) -> Mail | None:
        """Return the mail, claimed; None if it was sent, refused or erased."""
        async with self._uow(SYSTEM) as uow:
            mail = await _locked(uow, mail_id)
            if mail is None or mail.is_settled:
                return None
            if mail.is_claimed(self._claim_for + _SKEW):
                raise MailUnavailableError("Another process is sending it.")
            mail.claim(self._claim_for)
            await uow.mails.save(mail)
            await uow.commit()
        return mail

    async def _note(self, mail: Mail) -> None:
        """Record the outcome even if the job is cancelled, as when a worker loses the database."""
        noting = asyncio.create_task(self._sit_out_outages(mail))
        self._notes.add(noting)
        noting.add_done_callback(self._notes.discard)
        await asyncio.shield(noting)

    async def _sit_out_outages(self, mail: Mail) -> None:
        """Raises TimeoutError once the claim may expire."""
        pause = _FIRST_PAUSE_SECONDS
        async with asyncio.timeout(_NOTING.total_seconds()):
            while True:
                try:
                    return await self._keep(mail)
                except Exception as error:  # noqa: BLE001  # whatever it was, a mail is at stake
                    _log.warning("mail_not_noted", mail_id=str(mail.id), error=str(error))
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    async def _keep(self, sent: Mail) -> None:
        outcome = sent.model_dump(include={"claimed_until", "sent_at", "refused_at", "last_error"})
        async with self._uow(SYSTEM) as uow:
            if mail := await _locked(uow, sent.id):
                mail.sqlmodel_update(outcome)
                await uow.mails.save(mail)
                await uow.commit()


async def _locked(uow: MailUnit, mail_id: UUID) -> Mail | None:
    """None if it was erased."""
    found = await uow.mails.find_many([mail_id], for_update=True)
    return found[0] if found else None
