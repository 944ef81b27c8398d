"""The services of mail."""

from datetime import timedelta

from backend.repositories.mail.unit import MailUnits
from backend.services.mail.composing import MailWriter
from backend.services.mail.delivery import MailService
from backend.services.mail.protocols import Mailer


class MailServices:
    def __init__(
        self, uow: MailUnits, mailer: Mailer, writer: MailWriter, patience: timedelta
    ) -> None:
        """`patience` is longer than the mailer ever takes for one mail."""
        self.mails = MailService(uow, mailer, writer, patience)
