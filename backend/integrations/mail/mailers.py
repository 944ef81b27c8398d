"""Opens the mailer that MAIL_URL names."""

from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import url2pathname

from backend.core.config import ConfigurationError
from backend.integrations.mail.folder import FolderMailer
from backend.integrations.mail.smtp import SmtpMailer, SmtpServer
from backend.services.mail.protocols import Mailer

_REMEDY = "give a URL such as smtp://user:password@host:587 or smtps://user:password@host:465"
_PORTS = {"smtp": 587, "smtps": 465}


def open_mailer(url: str, sender: str, timeout_seconds: float) -> Mailer:
    """The mailer at `smtp://...`, `smtps://...` or `file:///folder`. Nothing is connected to yet.

    Raises:
        ConfigurationError: the URL can't be used. Its text does not repeat the URL, which may
            hold a password.
    """
    try:
        parsed = urlsplit(url)
        if parsed.scheme == "file" and not parsed.netloc:
            return FolderMailer(Path(url2pathname(parsed.path)), sender)
        return SmtpMailer(_server(parsed), sender, timeout_seconds)
    except ValueError as error:
        raise ConfigurationError(f"MAIL_URL: it can't be used ({error}); {_REMEDY}") from None


def _server(url: SplitResult) -> SmtpServer:
    if url.scheme not in _PORTS:
        raise ValueError("it begins with none of smtp://, smtps:// and file:///")
    if not url.hostname:
        raise ValueError("it names no host")
    url.hostname.encode("idna")  # Its ValueError says what is wrong.
    if url.path.strip("/") or url.query or url.fragment:
        raise ValueError("there is something behind the host; escape / ? # in the password as %2F")
    if bool(url.username) != bool(url.password):
        raise ValueError("it has a user or a password, and not both")
    return SmtpServer(
        host=url.hostname,
        port=url.port or _PORTS[url.scheme],
        username=unquote(url.username) if url.username else None,
        password=unquote(url.password) if url.password else None,
        tls_from_start=url.scheme == "smtps",
    )
