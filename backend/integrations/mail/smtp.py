"""Mails over SMTP, on aiosmtplib."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import aiosmtplib

from backend.core.logging import get_logger
from backend.core.storable import storable
from backend.integrations.mail.message import build_message
from backend.services.mail.protocols import MailRefusedError, MailUnavailableError, OutgoingMail

_log = get_logger(__name__)
_PERMANENT = 500
_LEAVE_SECONDS = 1


@dataclass(frozen=True)
class SmtpServer:
    """
    Attributes:
        tls_from_start: otherwise STARTTLS is used if offered, and required if a password is sent.
    """

    host: str
    port: int
    username: str | None
    password: str | None
    tls_from_start: bool


class SmtpMailer:
    """One connection per mail: mails are rare, and servers close idle connections."""

    def __init__(self, server: SmtpServer, sender: str, timeout_seconds: float) -> None:
        self._server = server
        self._sender = sender
        self._timeout = timeout_seconds

    async def send(self, mail: OutgoingMail) -> None:
        message = build_message(mail, self._sender)
        client = self._client()
        try:
            with _our_errors():
                # The library's own timeout applies to each reply of the server, of which there are
                # many.
                async with asyncio.timeout(self._timeout):
                    await client.connect()
                    await client.send_message(message)
            _log.info("mail_sent", mail_id=str(mail.id))
            await _take_leave(client)
        finally:
            client.close()

    def _client(self) -> aiosmtplib.SMTP:
        server = self._server
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            use_tls=server.tls_from_start,
            start_tls=self._start_tls,
            timeout=self._timeout,
        )

    @property
    def _start_tls(self) -> bool | None:
        if self._server.tls_from_start:
            return False
        return True if self._server.username else None


async def _take_leave(client: aiosmtplib.SMTP) -> None:
    """Only polite: the server has the mail, and later errors do not matter."""
    with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
        async with asyncio.timeout(_LEAVE_SECONDS):
            await client.quit()


@contextmanager
def _our_errors() -> Iterator[None]:
    """Refusals of the recipient or the content may be final; others are not.

    A wrong password or an unknown sender can be corrected, and must not lose mails.
    """
    try:
        yield
    except aiosmtplib.SMTPRecipientsRefused as error:
        refusal = error.recipients[0]
        raise _refusal(refusal.code, refusal.message) from error
    except aiosmtplib.SMTPDataError as error:
        raise _refusal(error.code, error.message) from error
    except aiosmtplib.SMTPNotSupported as error:
        raise MailRefusedError(_said(error)) from error
    except TimeoutError as error:
        raise MailUnavailableError("The mail server took too long.") from error
    except (aiosmtplib.SMTPException, OSError) as error:
        raise MailUnavailableError(_said(error)) from error


def _refusal(code: int, message: str) -> MailRefusedError | MailUnavailableError:
    text = _said(f"{code} {message}")
    return MailRefusedError(text) if code >= _PERMANENT else MailUnavailableError(text)


def _said(what: object) -> str:
    """Return the error to record on the mail. Servers reply in any encoding."""
    return storable(f"The mail server: {what}")
