"""Protocols of sending and rendering mails."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from backend.models.mail.mails import MailKind


class MailUnavailableError(Exception):
    """A temporary failure. The text gives the reason, for an operator."""


class MailRefusedError(Exception):
    """This mail will never be accepted. The text gives the reason, for an operator."""


@dataclass(frozen=True)
class MailContent:
    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class OutgoingMail:
    """`id` becomes its Message-ID, by which receivers recognise duplicates."""

    id: UUID
    recipient: str
    content: MailContent
    created_at: datetime


class Mailer(Protocol):
    async def send(self, mail: OutgoingMail) -> None:
        """Hand the mail over for delivery, within a bounded time.

        Raises:
            MailUnavailableError: try again later.
            MailRefusedError: trying again is useless.
        """
        ...


class MailSecrets(Protocol):
    async def reveal(self, token_id: UUID) -> Mapping[str, Any]:
        """Return the values of a mail about a token, including secrets.

        Raises:
            MailRefusedError: the token is no longer valid.
        """
        ...


class MailTemplates(Protocol):
    def render(self, kind: MailKind, values: Mapping[str, Any]) -> MailContent:
        """Render a mail of a kind. A missing value of its templates is an error.

        The first call is slow: call it in a thread.
        """
        ...
