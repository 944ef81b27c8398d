"""Mails reach people later, and once, whatever the mail server does."""

import time
from collections.abc import Iterator

import httpx2
import psycopg
import pytest

from tests.fixtures.processes import Server, StartServer
from tests.fixtures.smtp import SmtpServer
from tests.fixtures.waiting import wait_until

ADDRESS = "ada@example.com"


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    """One that is down until a test starts it."""
    smtp = SmtpServer()
    yield smtp
    smtp.stop()


@pytest.fixture
def server(start_server: StartServer, fresh_database_url: str, smtp: SmtpServer) -> Server:
    return start_server(
        DATABASE_URL=fresh_database_url,
        SEED_ON_START="false",
        MAIL_URL=smtp.url,
        MAIL_TIMEOUT_SECONDS="0.5",
        WORKER_POLL_SECONDS="0.1",
        WORKER_RETRY_SECONDS="0.2",
        WORKER_RETRY_MAX_SECONDS="0.4",
        WORKER_MAIL_ATTEMPTS="100",
    )


def register(server: Server) -> None:
    person = {"email": ADDRESS, "full_name": "Ada", "password": "correct horse battery staple"}
    httpx2.post(f"{server.url}/api/v1/auth/register", json=person, timeout=10).raise_for_status()


def attempts(url: str) -> int:
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT coalesce(max(attempts), 0) FROM mails").fetchone()
    assert found
    return int(found[0])


def test_mails_go_out_once_after_the_mail_server_was_down_refusing_and_slow(
    server: Server, smtp: SmtpServer, fresh_database_url: str
) -> None:
    register(server)
    wait_until(lambda: attempts(fresh_database_url) >= 2)

    smtp.answer_recipient = "451 Try again later"
    smtp.start()
    tried = attempts(fresh_database_url)
    wait_until(lambda: attempts(fresh_database_url) >= tried + 2)

    smtp.delay, smtp.answer_recipient = 5, None
    tried = attempts(fresh_database_url)
    wait_until(lambda: attempts(fresh_database_url) >= tried + 2)
    assert smtp.inbox == []

    smtp.delay = 0
    wait_until(lambda: len(smtp.inbox) > 0)
    time.sleep(1)  # A second one would be tried again within it.

    assert smtp.recipients == [ADDRESS]
