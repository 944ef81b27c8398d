"""What sends and writes mails, as services see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from backend.models.mail.mails import MailKind


class MailUnavailableError(Exception):
    """It did not work this time, and may work later. The text says why, for an operator."""


class MailRefusedError(Exception):
    """This mail will never be accepted. The text says why, for an operator."""


@dataclass(frozen=True)
class MailContent:
    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class OutgoingMail:
    """`id` becomes its Message-ID: who gets the same mail twice can tell."""

    id: UUID
    recipient: str
    content: MailContent
    created_at: datetime


class Mailer(Protocol):
    async def send(self, mail: OutgoingMail) -> None:
        """Hand the mail over to whoever delivers it; takes a limited time.

        Raises:
            MailUnavailableError: try again later.
            MailRefusedError: it is of no use to try again.
        """
        ...


class MailSecrets(Protocol):
    async def reveal(self, token_id: UUID) -> Mapping[str, Any]:
        """The values that a mail about a token says, the secret ones included.

        Raises:
            MailRefusedError: the token holds no longer.
        """
        ...


class MailTemplates(Protocol):
    def render(self, kind: MailKind, values: Mapping[str, Any]) -> MailContent:
        """Write a mail of a kind. A value that its templates need and lack is an error.

        The first one takes long: call it in a thread.
        """
        ...
