"""Opens the mailer that MAIL_URL names."""

from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import url2pathname

from backend.core.config import ConfigurationError
from backend.integrations.mail.folder import FolderMailer
from backend.services.mail.protocols import Mailer

_REMEDY = "give a URL such as smtp://user:password@host:587 or smtps://user:password@host:465"
_PORTS = {"smtp": 587, "smtps": 465}


def open_mailer(url: str, sender: str, timeout_seconds: float) -> Mailer:
    """Return the mailer at `smtp://...`, `smtps://...` or `file:///folder`, not yet connected.

    Raises:
        ConfigurationError: the URL can't be used. The text omits the URL, which may contain a
            password.
    """
    try:
        parsed = urlsplit(url)
        if parsed.scheme == "file" and not parsed.netloc:
            return FolderMailer(Path(url2pathname(parsed.path)), sender)
        return _smtp_mailer(parsed, sender, timeout_seconds)
    except ValueError as error:
        raise ConfigurationError(f"MAIL_URL: it can't be used ({error}); {_REMEDY}") from None


def _smtp_mailer(url: SplitResult, sender: str, timeout_seconds: float) -> Mailer:
    # Loaded here: a folder, as in development, needs no client of SMTP.
    from backend.integrations.mail.smtp import SmtpMailer, SmtpServer  # noqa: PLC0415  # see above

    if url.scheme not in _PORTS:
        raise ValueError("it does not begin with smtp://, smtps:// or file:///")
    if not url.hostname:
        raise ValueError("it names no host")
    url.hostname.encode("idna")  # Its ValueError describes the problem.
    if url.path.strip("/") or url.query or url.fragment:
        raise ValueError("there is something after the host; escape / ? # in the password as %2F")
    if bool(url.username) != bool(url.password):
        raise ValueError("it has only one of user and password")
    server = SmtpServer(
        host=url.hostname,
        port=url.port or _PORTS[url.scheme],
        username=unquote(url.username) if url.username else None,
        password=unquote(url.password) if url.password else None,
        tls_from_start=url.scheme == "smtps",
    )
    return SmtpMailer(server, sender, timeout_seconds)
