"""Mails over SMTP and into a folder."""

import asyncio
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult

from backend.core.config import ConfigurationError
from backend.integrations.mail.mailers import open_mailer
from backend.main import create_app
from backend.models.platform.mixins import new_id, now
from backend.services.mail.protocols import (
    MailContent,
    Mailer,
    MailRefusedError,
    MailUnavailableError,
    OutgoingMail,
)
from tests.fixtures.application import make_settings
from tests.fixtures.certificates import write_certificate
from tests.fixtures.processes import free_port
from tests.fixtures.smtp import SmtpServer, parts_of

SENDER = "MVP <no-reply@example.com>"
CONTENT = MailContent("Grüße", "Hello Ada,\nhow are you?", "<p>Hello <b>Ada</b></p>")


@contextmanager
def running(**options: Any) -> Iterator[SmtpServer]:
    """A server of one's own, for options of its own."""
    server = SmtpServer(**options)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def make_mail(recipient: str = "ada@example.com") -> OutgoingMail:
    return OutgoingMail(new_id(), recipient, CONTENT, now())


def mailer_at(url: str, timeout_seconds: float = 1) -> Mailer:
    return open_mailer(url, SENDER, timeout_seconds)


async def test_a_mail_arrives_as_it_was_written(smtp: SmtpServer) -> None:
    mail = make_mail()

    await mailer_at(smtp.url).send(mail)

    (message,) = smtp.inbox
    assert (message["From"], message["To"]) == (SENDER, "ada@example.com")
    assert message["Subject"] == "Grüße"
    assert message["Message-ID"] == f"<{mail.id}@example.com>"
    assert message["Date"].datetime == mail.created_at.replace(microsecond=0)
    assert message["Auto-Submitted"] == "auto-generated"
    parts = parts_of(message)
    assert parts["text/plain"].strip() == CONTENT.text
    assert parts["text/html"].strip() == CONTENT.html


async def test_a_domain_is_sent_in_ascii(smtp: SmtpServer) -> None:
    await mailer_at(smtp.url).send(make_mail("ada@bücher.com"))

    assert smtp.recipients == ["ada@xn--bcher-kva.com"]


@pytest.mark.parametrize("recipient", ["", "ada", "a@b.co, c@d.co", "a@b.co\r\nBcc: c@d.co"])
async def test_what_is_no_address_is_refused(smtp: SmtpServer, recipient: str) -> None:
    with pytest.raises(MailRefusedError, match="not an e-mail address"):
        await mailer_at(smtp.url).send(make_mail(recipient))

    assert smtp.inbox == []


async def test_a_subject_can_not_begin_another_header(smtp: SmtpServer) -> None:
    content = MailContent("Hello\r\nBcc: eve@example.com", "text", "html")

    with pytest.raises(ValueError, match="linefeed"):
        await mailer_at(smtp.url).send(replace(make_mail(), content=content))

    assert smtp.inbox == []


def decoded(message: EmailMessage, header: str) -> str:
    """The header by RFC 2047, which the parser of messages follows less closely."""
    return str(make_header(decode_header(dict(message.raw_items())[header])))


@pytest.mark.parametrize(
    "subject",
    [
        "=?utf-8?q?Ada=0ABcc:_eve@example.com?= invites you",
        "=?utf-8?b?QWRhCkJjYzogZXZlQGV4YW1wbGUuY29t?= invites you",
        "=?utf-8?q?Ada?= invites you",
        f"{'Zoë ' * 40}=?utf-8?q?Ada=0ABcc:_eve@example.com?=",
        "Zoë Ågård Gesellschaft 太郎 Kowalczyk 山田 José-María invites you",
        "Константин Константинопольский из Петропавловска-Камчатского invites you",
    ],
)
async def test_a_subject_of_any_letters_arrives_as_it_was_written(
    smtp: SmtpServer, subject: str
) -> None:
    content = MailContent(subject, "text", "html")

    await mailer_at(smtp.url).send(replace(make_mail(), content=content))

    (message,) = smtp.inbox
    assert message["Subject"] == decoded(message, "Subject") == subject
    assert message["Bcc"] is None
    assert smtp.recipients == ["ada@example.com"]


@pytest.mark.parametrize(
    "name", ["Петров Gesellschaft Ana Müller García Zoë für Kowalczyk", "Größe & Co", "Inc"]
)
async def test_a_sender_is_called_as_it_was_written(smtp: SmtpServer, name: str) -> None:
    sender = f"{name} <no-reply@example.com>"

    await open_mailer(smtp.url, sender, 1).send(make_mail())

    (message,) = smtp.inbox
    assert decoded(message, "From") == sender
    assert [each.addr_spec for each in message["From"].addresses] == ["no-reply@example.com"]


@pytest.mark.parametrize(
    ("code", "error"), [("550 no such user", MailRefusedError), ("451 later", MailUnavailableError)]
)
@pytest.mark.parametrize("where", ["answer_recipient", "answer_data"])
async def test_what_the_server_says_decides_whether_to_try_again(
    smtp: SmtpServer, where: str, code: str, error: type[Exception]
) -> None:
    setattr(smtp, where, code)

    with pytest.raises(error, match=code):
        await mailer_at(smtp.url).send(make_mail())


async def test_a_server_that_closes_down_is_asked_again_later(smtp: SmtpServer) -> None:
    smtp.answer_recipient = "421 closing"

    with pytest.raises(MailUnavailableError):
        await mailer_at(smtp.url).send(make_mail())


async def test_a_server_that_is_down_is_asked_again_later() -> None:
    with pytest.raises(MailUnavailableError, match="The mail server"):
        await mailer_at(f"smtp://127.0.0.1:{free_port()}").send(make_mail())


async def test_a_slow_server_is_given_up(smtp: SmtpServer) -> None:
    smtp.delay = 5
    started = time.monotonic()

    with pytest.raises(MailUnavailableError, match="too long"):
        await mailer_at(smtp.url, timeout_seconds=0.2).send(make_mail())

    assert time.monotonic() - started < 1


async def test_the_limit_of_time_is_for_all_answers_together(smtp: SmtpServer) -> None:
    smtp.delay = 0.2

    with pytest.raises(MailUnavailableError, match="too long"):
        await mailer_at(smtp.url, timeout_seconds=0.3).send(make_mail())


async def test_a_server_that_says_nothing_is_given_up() -> None:
    async def hold(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.5)
        writer.close()

    async with await asyncio.start_server(hold, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(MailUnavailableError, match="too long"):
            await mailer_at(f"smtp://127.0.0.1:{port}", timeout_seconds=0.2).send(make_mail())


async def test_an_address_that_the_server_can_not_take_is_refused() -> None:
    with running(enable_SMTPUTF8=False) as server, pytest.raises(MailRefusedError, match="UTF8"):
        await mailer_at(server.url).send(make_mail("jürg@example.com"))


async def test_an_address_beyond_ascii_is_sent_where_the_server_takes_it() -> None:
    with running(enable_SMTPUTF8=True) as server:
        await mailer_at(server.url).send(make_mail("jürg@example.com"))

    assert server.recipients == ["jürg@example.com"]
    assert server.inbox[0]["To"] == "jürg@example.com"


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """What a server for 127.0.0.1 needs; this process trusts its certificate."""
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    write_certificate(certificate, key)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def check_password(*arguments: Any) -> AuthResult:
    given = arguments[-1]
    right = (given.login, given.password) == (b"me", b"p@ss/word")
    return AuthResult(success=right, handled=right)


async def test_with_a_password_the_connection_is_encrypted_first(tls: ssl.SSLContext) -> None:
    options = {"tls_context": tls, "authenticator": check_password, "auth_required": True}
    with running(**options) as server:
        await mailer_at(f"smtp://me:p%40ss%2Fword@127.0.0.1:{server.port}").send(make_mail())

    assert len(server.inbox) == 1


async def test_a_wrong_password_loses_no_mail(tls: ssl.SSLContext) -> None:
    options = {"tls_context": tls, "authenticator": check_password, "auth_required": True}
    with running(**options) as server, pytest.raises(MailUnavailableError, match="535"):
        await mailer_at(f"smtp://me:wrong@127.0.0.1:{server.port}").send(make_mail())


async def test_a_password_is_not_sent_in_clear() -> None:
    options = {"authenticator": check_password, "auth_require_tls": False}
    with running(**options) as server, pytest.raises(MailUnavailableError, match="STARTTLS"):
        await mailer_at(f"smtp://me:p%40ss%2Fword@127.0.0.1:{server.port}").send(make_mail())

    assert server.inbox == []


async def test_a_connection_may_be_encrypted_from_the_start(tls: ssl.SSLContext) -> None:
    with running(ssl_context=tls) as server:
        await mailer_at(f"smtps://127.0.0.1:{server.port}").send(make_mail())

    assert len(server.inbox) == 1


async def test_a_certificate_that_nobody_vouches_for_is_not_trusted(
    tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with (
        running(ssl_context=tls) as server,
        pytest.raises(MailUnavailableError, match="certificate"),
    ):
        await mailer_at(f"smtps://127.0.0.1:{server.port}").send(make_mail())


async def test_a_folder_gets_a_file_for_each_mail(tmp_path: Path) -> None:
    mailer = mailer_at((tmp_path / "deep" / "mail").as_uri())
    first, second = make_mail(), make_mail("jürg@example.com")

    for mail in (first, first, second):
        await mailer.send(mail)

    files = sorted((tmp_path / "deep" / "mail").iterdir())
    assert [path.name for path in files] == [f"{first.id}.eml", f"{second.id}.eml"]
    message = message_from_bytes(files[0].read_bytes(), policy=default)
    assert (message["To"], message["Subject"]) == ("ada@example.com", "Grüße")


async def test_a_folder_that_can_not_be_written_is_tried_again_later(tmp_path: Path) -> None:
    in_the_way = tmp_path / "mail"
    in_the_way.write_text("a file")

    with pytest.raises(MailUnavailableError, match="Can't write"):
        await mailer_at(in_the_way.as_uri()).send(make_mail())


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.com",
        "http://mail.example.com",
        "smtp://",
        "smtp://host:port",
        "smtp://host:99999",
        "smtp://user@host",
        "smtp://user:secret/part@host",
        "smtp://host/path",
        "smtp://host?tls=no",
        "smtp://" + "x" * 70 + ".example",
        "smtp://[::1",
        "file://host/folder",
    ],
)
def test_a_url_that_can_not_be_used_is_named_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^MAIL_URL: .*; give a URL such as") as refused:
        mailer_at(url)

    assert "secret" not in str(refused.value)


def test_an_application_with_such_a_url_is_not_made() -> None:
    with pytest.raises(ConfigurationError, match=r"^MAIL_URL: "):
        create_app(make_settings("postgresql:///unused", mail={"url": "http://mail"}))
