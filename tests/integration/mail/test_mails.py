"""Mails are queued with what they tell of, and go out once."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from itertools import islice
from typing import Any

import psycopg
import pytest
from jinja2 import UndefinedError
from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr

from backend.core.config import DatabaseSettings, Settings
from backend.core.database import Database
from backend.core.scopes import SYSTEM
from backend.models.mail.mails import Mail, MailKind
from backend.models.platform.mixins import now
from backend.process_state import process_state
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.repositories.unit_of_work import UnitOfWorkFactory
from backend.services.mail.delivery import queue_mail
from backend.services.mail.protocols import MailUnavailableError
from backend.wiring import wire
from tests.fixtures.post import Post
from tests.fixtures.postgres import execute
from tests.fixtures.smtp import SmtpServer, parts_of
from tests.fixtures.waiting import SECONDS, until


def make_mail(**fields: Any) -> Mail:
    defaults: dict[str, Any] = {
        "kind": MailKind.NOTIFICATION,
        "recipient": "ada@example.com",
        "payload": {"title": "A task is yours", "lines": ["Call her"], "link": "/tasks"},
        "dedup_key": "an event, for Ada",
    }
    return Mail(**(defaults | fields))


async def queued(post: Post, uow: UnitOfWorkFactory, **fields: Any) -> Mail:
    mail = make_mail(**fields)
    async with uow(SYSTEM) as unit:
        await queue_mail(unit, mail)
        await unit.commit()
    return mail


async def kept(uow: UnitOfWorkFactory, mail: Mail) -> Mail:
    async with uow.reading(SYSTEM) as reading:
        return await reading.mails.get(mail.id)


async def test_a_queued_mail_is_sent_by_a_job(post: Post, uow: UnitOfWorkFactory) -> None:
    mail = await queued(post, uow)

    message = await post.deliver()

    assert message["Subject"] == "A task is yours"
    assert "https://app.example.com/tasks" in parts_of(message)["text/plain"]
    sent = await kept(uow, mail)
    assert (sent.attempts, sent.last_error, sent.claimed_until) == (1, None, None)
    assert sent.sent_at is not None


async def test_without_a_frontend_there_is_no_page_to_lead_to(
    post: Post, uow: SqlUnitOfWorkFactory, mailing_settings: Settings
) -> None:
    server = mailing_settings.server.model_copy(update={"public_url": None})
    settings = mailing_settings.model_copy(update={"server": server})
    services = wire(settings, uow, {}, process_state(settings))
    await queued(post, uow)

    message = await Post(services, post.database, post.smtp).deliver()

    assert not any("/tasks" in part for part in parts_of(message).values())


async def test_without_commit_there_is_neither_mail_nor_job(
    post: Post, uow: UnitOfWorkFactory
) -> None:
    mail = make_mail()
    async with uow(SYSTEM) as unit:
        await queue_mail(unit, mail)

    assert await post.take_jobs() == []
    async with uow.reading(SYSTEM) as reading:
        assert await reading.mails.find(mail.id) is None


async def test_of_many_handlers_of_one_event_one_queues_a_mail(
    post: Post, uow: UnitOfWorkFactory
) -> None:
    await asyncio.gather(*(queued(post, uow) for _ in range(5)))
    await queued(post, uow)

    assert len(await post.take_jobs()) == 1


async def test_a_job_that_runs_again_sends_nothing(post: Post, uow: UnitOfWorkFactory) -> None:
    mail = await queued(post, uow)
    await post.run_jobs()

    await post.services.mail.mails.send(mail.id)

    assert len(post.smtp.inbox) == 1
    assert (await kept(uow, mail)).attempts == 1


async def erased(uow: UnitOfWorkFactory, mail: Mail) -> None:
    """As with the account that it is for."""
    async with uow(SYSTEM) as unit:
        await unit.mails.delete(await unit.mails.get(mail.id))
        await unit.commit()


async def test_a_mail_that_was_erased_before_is_not_sent(
    post: Post, uow: UnitOfWorkFactory
) -> None:
    await erased(uow, await queued(post, uow))

    await post.run_jobs()

    assert post.smtp.inbox == []


async def test_a_mail_that_is_erased_while_it_is_sent_ends_its_job(
    post: Post, uow: UnitOfWorkFactory
) -> None:
    mail = await queued(post, uow)
    with post.smtp.holding():
        sending = asyncio.create_task(post.run_jobs())
        await until(post.smtp.holds)
        await erased(uow, mail)

    async with asyncio.timeout(SECONDS):
        await sending

    assert len(post.smtp.inbox) == 1


async def test_of_two_jobs_at_once_one_sends(post: Post, uow: UnitOfWorkFactory) -> None:
    mail = await queued(post, uow)

    with post.smtp.holding():
        sends = [asyncio.create_task(post.services.mail.mails.send(mail.id)) for _ in range(5)]
        for refused in islice(asyncio.as_completed(sends), 4):
            with pytest.raises(MailUnavailableError):
                await refused
    await asyncio.wait(sends)

    assert len(post.smtp.inbox) == 1
    assert [each.exception() for each in sends].count(None) == 1


async def test_what_does_not_work_now_is_sent_later(post: Post, uow: UnitOfWorkFactory) -> None:
    mail = await queued(post, uow)
    post.smtp.answer_recipient = "451 come back later"
    with pytest.raises(MailUnavailableError, match="come back later"):
        await post.services.mail.mails.send(mail.id)
    failed = await kept(uow, mail)
    post.smtp.answer_recipient = None

    await post.services.mail.mails.send(mail.id)

    assert failed.last_error == "The mail server: 451 come back later"
    assert (failed.sent_at, failed.refused_at, failed.claimed_until) == (None, None, None)
    sent = await kept(uow, mail)
    assert (sent.attempts, sent.last_error) == (2, None)
    assert len(post.smtp.inbox) == 1


async def test_what_is_refused_for_good_is_noted_and_not_tried_again(
    post: Post, uow: UnitOfWorkFactory
) -> None:
    mail = await queued(post, uow)
    post.smtp.answer_recipient = "550 no such user"

    await post.services.mail.mails.send(mail.id)
    post.smtp.answer_recipient = None
    await post.services.mail.mails.send(mail.id)

    refused = await kept(uow, mail)
    assert refused.refused_at is not None
    assert (refused.sent_at, refused.attempts) == (None, 1)
    assert refused.last_error == "The mail server: 550 no such user"
    assert post.smtp.inbox == []


@pytest.mark.parametrize("where", ["answer_recipient", "answer_data"])
async def test_a_refusal_in_another_encoding_is_noted(
    post: Post, uow: UnitOfWorkFactory, where: str
) -> None:
    mail = await queued(post, uow)
    setattr(post.smtp, where, "550 Empfänger unbekannt".encode("latin-1"))

    await post.services.mail.mails.send(mail.id)

    refused = await kept(uow, mail)
    assert refused.refused_at is not None
    assert refused.last_error == "The mail server: 550 Empf?nger unbekannt"


async def test_a_sender_that_died_holds_a_mail_up_for_a_while_only(
    post: Post, uow: UnitOfWorkFactory
) -> None:
    mail = await queued(post, uow, claimed_until=now() + timedelta(seconds=10))
    with pytest.raises(MailUnavailableError, match="Another process is sending it"):
        await post.services.mail.mails.send(mail.id)

    async with uow(SYSTEM) as unit:
        held = await unit.mails.get(mail.id)
        held.claimed_until = now() - timedelta(seconds=1)
        await unit.mails.save(held)
        await unit.commit()
    await post.services.mail.mails.send(mail.id)

    assert len(post.smtp.inbox) == 1


async def test_a_sender_that_died_before_the_clock_went_back_holds_nothing_up(
    post: Post, uow: UnitOfWorkFactory
) -> None:
    mail = await queued(post, uow, claimed_until=now() + timedelta(days=1))

    await post.services.mail.mails.send(mail.id)

    assert len(post.smtp.inbox) == 1


async def test_no_connection_is_held_while_the_server_takes_its_time(
    post: Post, uow: UnitOfWorkFactory
) -> None:
    mail = await queued(post, uow)
    with post.smtp.holding():
        sending = asyncio.create_task(post.services.mail.mails.send(mail.id))
        await until(post.smtp.holds)
        held = post.database.engine.pool.checkedout()  # type: ignore[attr-defined]  # a QueuePool
    await sending

    assert held == 0


async def test_each_attempt_sends_the_same_message_id(post: Post, uow: UnitOfWorkFactory) -> None:
    mail = await queued(post, uow)
    await post.run_jobs()
    async with uow(SYSTEM) as unit:  # As if the process had died before it could note the first.
        sent = await unit.mails.get(mail.id)
        sent.sent_at = None
        await unit.mails.save(sent)
        await unit.commit()

    await post.services.mail.mails.send(mail.id)

    first, second = post.smtp.inbox
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Date"] == second["Date"]


async def test_a_mail_that_can_not_be_written_is_not_claimed(
    post: Post, uow: UnitOfWorkFactory
) -> None:
    mail = await queued(post, uow, payload={"lines": [], "link": None})

    with pytest.raises(UndefinedError, match="title"):
        await post.services.mail.mails.send(mail.id)

    unsent = await kept(uow, mail)
    assert (unsent.claimed_until, unsent.attempts) == (None, 0)


@pytest.fixture
async def far_post(
    mailing_settings: Settings, fresh_database_url: str, smtp: SmtpServer
) -> AsyncIterator[Post]:
    """With a database of its own, which may be taken away."""
    database = Database(DatabaseSettings(url=SecretStr(fresh_database_url)))
    uow = SqlUnitOfWorkFactory(database)
    yield Post(wire(mailing_settings, uow, {}, process_state(mailing_settings)), database, smtp)
    await database.close()


@contextmanager
def away(server_url: str, database_url: str) -> Iterator[None]:
    """Nobody is connected to the database, nor can be."""
    name = str(conninfo_to_dict(database_url)["dbname"])
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
    execute(server_url, "ALTER DATABASE {} WITH ALLOW_CONNECTIONS false", name)
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(cut, [name])
    try:
        yield
    finally:
        execute(server_url, "ALTER DATABASE {} WITH ALLOW_CONNECTIONS true", name)


async def is_sent(uow: UnitOfWorkFactory, mail: Mail) -> bool:
    return (await kept(uow, mail)).sent_at is not None


@pytest.mark.parametrize("cancelled", [False, True])
async def test_a_mail_that_was_sent_is_noted_once_the_database_is_back(
    far_post: Post, server_url: str, fresh_database_url: str, *, cancelled: bool
) -> None:
    """A worker that loses the database cancels its jobs."""
    uow = SqlUnitOfWorkFactory(far_post.database)
    mail = await queued(far_post, uow)
    with ExitStack() as until_answered:
        until_answered.enter_context(far_post.smtp.holding())
        sending = asyncio.create_task(far_post.services.mail.mails.send(mail.id))
        await until(far_post.smtp.holds)
        claimed_until = (await kept(uow, mail)).claimed_until
        with away(server_url, fresh_database_url):
            until_answered.close()
            await until(far_post.smtp.has_accepted)
            await asyncio.sleep(0.3)
            if cancelled:
                sending.cancel()
        await asyncio.wait([sending])

    await until(lambda: is_sent(uow, mail))
    await far_post.services.mail.mails.send(mail.id)

    assert len(far_post.smtp.inbox) == 1
    assert sending.cancelled() is cancelled
    assert claimed_until is not None
    assert claimed_until > now() + timedelta(minutes=4)
