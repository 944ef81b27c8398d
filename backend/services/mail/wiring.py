"""The services of mail."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from backend.repositories.mail.unit import MailUnits
from backend.services.mail.composing import MailWriter
from backend.services.mail.delivery import MailService
from backend.services.mail.protocols import Mailer


@dataclass(frozen=True)
class MailServices:
    mails: MailService

    @classmethod
    def wire(cls, uow: MailUnits, mailer: Mailer, writer: MailWriter, patience: timedelta) -> Self:
        """`patience` is longer than the mailer ever takes for one mail."""
        return cls(mails=MailService(uow, mailer, writer, patience))
