"""Mails are queued with what they tell of, and go out once."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from backend.models.mails import Mail, MailKind
from backend.models.mixins import now
from backend.repositories.unit_of_work import UnitOfWorkFactory
from backend.services.mail import MailUnavailableError
from tests.fixtures.post import Post
from tests.fixtures.smtp import parts_of


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
    async with uow() as unit:
        await post.services.mails.queue(unit, mail)
        await unit.commit()
    return mail


async def kept(uow: UnitOfWorkFactory, mail: Mail) -> Mail:
    async with uow.reading() as reading:
        return await reading.mails.get(mail.id)


async def test_a_queued_mail_is_sent_by_a_job(post: Post, uow: UnitOfWorkFactory) -> None:
    mail = await queued(post, uow)

    message = await post.deliver()

    assert message["Subject"] == "A task is yours"
    assert "https://app.example.com/tasks" in parts_of(message)["text/plain"]
    sent = await kept(uow, mail)
    assert (sent.attempts, sent.last_error, sent.claimed_until) == (1, None, None)
    assert sent.sent_at is not None


async def test_without_commit_there_is_neither_mail_nor_job(
    post: Post, uow: UnitOfWorkFactory
) -> None:
    mail = make_mail()
    async with uow() as unit:
        await post.services.mails.queue(unit, mail)

    assert await post.take_jobs() == []
    async with uow.reading() as reading:
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

    await post.services.mails.send(mail.id)

    assert len(post.smtp.inbox) == 1
    assert (await kept(uow, mail)).attempts == 1


async def test_of_two_jobs_at_once_one_sends(post: Post, uow: UnitOfWorkFactory) -> None:
    mail = await queued(post, uow)
    post.smtp.delay = 0.1

    sends = (post.services.mails.send(mail.id) for _ in range(5))
    outcomes = await asyncio.gather(*sends, return_exceptions=True)

    assert len(post.smtp.inbox) == 1
    assert outcomes.count(None) == 1
    assert {type(outcome) for outcome in outcomes} == {type(None), MailUnavailableError}


async def test_what_does_not_work_now_is_sent_later(post: Post, uow: UnitOfWorkFactory) -> None:
    mail = await queued(post, uow)
    post.smtp.answer_recipient = "451 come back later"
    with pytest.raises(MailUnavailableError, match="come back later"):
        await post.services.mails.send(mail.id)
    failed = await kept(uow, mail)
    post.smtp.answer_recipient = None

    await post.services.mails.send(mail.id)

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

    await post.services.mails.send(mail.id)
    post.smtp.answer_recipient = None
    await post.services.mails.send(mail.id)

    refused = await kept(uow, mail)
    assert refused.refused_at is not None
    assert (refused.sent_at, refused.attempts) == (None, 1)
    assert refused.last_error == "The mail server: 550 no such user"
    assert post.smtp.inbox == []


async def test_a_sender_that_died_holds_a_mail_up_for_a_while_only(
    post: Post, uow: UnitOfWorkFactory
) -> None:
    mail = await queued(post, uow, claimed_until=now() + timedelta(seconds=10))
    with pytest.raises(MailUnavailableError, match="being sent"):
        await post.services.mails.send(mail.id)

    async with uow() as unit:
        held = await unit.mails.get(mail.id)
        held.claimed_until = now() - timedelta(seconds=1)
        await unit.mails.save(held)
        await unit.commit()
    await post.services.mails.send(mail.id)

    assert len(post.smtp.inbox) == 1


async def test_no_connection_is_held_while_the_server_takes_its_time(
    post: Post, uow: UnitOfWorkFactory
) -> None:
    mail = await queued(post, uow)
    post.smtp.delay = 0.2
    sending = asyncio.create_task(post.services.mails.send(mail.id))
    await asyncio.sleep(0.1)

    held = post.database.engine.pool.checkedout()  # type: ignore[attr-defined]  # a QueuePool
    await sending

    assert held == 0


async def test_each_attempt_sends_the_same_message_id(post: Post, uow: UnitOfWorkFactory) -> None:
    mail = await queued(post, uow)
    await post.run_jobs()
    async with uow() as unit:  # As if the process had died before it could note the first.
        sent = await unit.mails.get(mail.id)
        sent.sent_at = None
        await unit.mails.save(sent)
        await unit.commit()

    await post.services.mails.send(mail.id)

    first, second = post.smtp.inbox
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Date"] == second["Date"]
