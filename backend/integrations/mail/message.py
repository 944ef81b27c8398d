"""A mail as it goes over the wire (RFC 5322)."""

from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from email_validator import EmailNotValidError, validate_email

from backend.services.mail.protocols import MailRefusedError, OutgoingMail

_ENCODED = "=?"
"""The beginning of an encoded word."""


def build_message(mail: OutgoingMail, sender: str) -> EmailMessage:
    """Build the message: the same at each attempt, including Message-ID and Date.

    Raises:
        MailRefusedError: the recipient is not a valid address.
    """
    from_whom = sender_address(sender)
    message = EmailMessage(SMTP)
    _set_sender(message, from_whom)
    message["To"] = _address("", mail.recipient)
    _set_subject(message, mail.content.subject)
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = f"<{mail.id}@{from_whom.domain}>"
    # Out-of-office programs do not answer such mails (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.content.text)
    message.add_alternative(mail.content.html, subtype="html")
    return message


def _set_sender(message: EmailMessage, sender: Address) -> None:
    """Encode a name beyond ASCII, in which spaces would get lost as in subjects."""
    if sender.display_name.isascii() or not sender.addr_spec.isascii():
        message["From"] = sender
    else:
        name = Header(sender.display_name, "utf-8", header_name="From").encode()
        message.set_raw("From", f"{name}\n <{sender.addr_spec}>")


def _set_subject(message: EmailMessage, subject: str) -> None:
    """Encode all but plain ASCII as RFC 2047 says.

    Left to the policy, a text that looks encoded would be decoded, and a line break in it would
    begin another header; and spaces would get lost where a line is folded.
    """
    if subject.isascii() and _ENCODED not in subject:
        message["Subject"] = subject
    else:
        encoded = Header(subject, "utf-8", header_name="Subject").encode()
        message.set_raw("Subject", encoded)


def sender_address(sender: str) -> Address:
    """`MVP <no-reply@example.com>` in its parts."""
    return _address(*parseaddr(sender))


def _address(name: str, address: str) -> Address:
    """Return the address with an ASCII domain; the local part may require SMTPUTF8."""
    try:
        checked = validate_email(address, check_deliverability=False)
    except EmailNotValidError as error:
        raise MailRefusedError(f"{address!r} is not an e-mail address: {error}") from None
    return Address(name, checked.local_part, checked.ascii_domain)
