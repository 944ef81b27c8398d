"""The unit of work as the services of mail see it."""

from typing import Protocol

from backend.repositories.mail.mails import MailRepository
from backend.repositories.platform.unit import PlatformReading, PlatformUnit, Units


class MailReading(PlatformReading, Protocol):
    @property
    def mails(self) -> MailRepository: ...


class MailUnit(MailReading, PlatformUnit, Protocol):
    """A transaction."""


MailUnits = Units[MailUnit, MailReading]
