"""Deliveries arrive at least once, whatever receivers and workers do, and delay no others."""

import asyncio
import socket
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from backend.core.database import Database
from backend.core.permissions import Role
from backend.models.platform.job_requests import Queue
from backend.models.platform.mixins import now
from backend.repositories.unit_of_work import UnitOfWorkFactory
from backend.services.webhooks.claiming import WebhookClaims
from backend.services.webhooks.sending import SEND_WEBHOOKS
from backend.services.webhooks.subjects import NO_LONGER_ALLOWED
from tests.fixtures.http_server import Reply, until
from tests.fixtures.jobs import Jobs
from tests.fixtures.people import Person, SignedIn
from tests.fixtures.receiver import (
    Answer,
    Receiver,
    is_signed,
    running_receiver,
    status,
    taking,
)
from tests.fixtures.statements import sent_statements
from tests.integration.webhooks.telling import (
    SENDING,
    deliveries_of,
    let_pauses_end,
    make_task,
    make_webhook,
    secret_of,
    send_again,
    set_of_queue,
    tell,
    until_delivered,
    waiting_jobs,
)

MANY = """
    INSERT INTO webhook_messages (id, event_type, body, created_at)
    SELECT gen_random_uuid(), 'task.created', '{}', now() FROM generate_series(1, :count)
"""
TO_DELIVER = """
    INSERT INTO webhook_deliveries
        (id, event_type, status, attempts, created_at, webhook_id, message_id, due_at, retry_until)
    SELECT gen_random_uuid(), event_type, 'pending', 0, created_at, :webhook_id, id, created_at,
        created_at + interval '1 day'
    FROM webhook_messages
"""


async def queue_many(database: Database, webhook: dict[str, Any], count: int) -> None:
    """As if so many events were to be told to the webhook, which has been told of one."""
    async with database.engine.begin() as connection:
        await connection.execute(text("SET statement_timeout = 0"))
        await connection.execute(text("DELETE FROM webhook_messages"))
        await connection.execute(text(MANY), {"count": count})
        # Else PostgreSQL checks each reference by reading a table that it takes for empty.
        await connection.execute(text("ANALYZE webhook_messages"))
        await connection.execute(text(TO_DELIVER), {"webhook_id": webhook["id"]})
        await connection.execute(text("RESET statement_timeout"))


async def read(by: Person, webhook: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (await by.get(f"/webhooks/{webhook['id']}")).json()
    return found


async def notices_of(person: Person) -> list[str]:
    answer = await person.get("/notifications", params={"kind": "webhook_switched_off"})
    return [each["text"] for each in answer.json()["items"]]


async def reset(_reply: Reply) -> None:
    """Close the connection without an answer."""


@pytest.mark.parametrize(
    "case",
    [
        (status(500, b"Out of order"), (500, "Out of order"), "It answered 500."),
        (status(404), (404, ""), "It answered 404."),
        (
            status(302, location="http://127.0.0.1/"),
            (302, ""),
            "It answered 302: redirects are not followed.",
        ),
        (reset, (None, None), "It could not be reached"),
    ],
    ids=["broken", "missing", "redirect", "reset"],
)
async def test_what_is_not_taken_is_sent_again_with_the_same_id(
    admin: Person,
    receiver: Receiver,
    jobs: Jobs,
    database: Database,
    case: tuple[Answer, tuple[Any, Any], str],
) -> None:
    answer, found, reason = case
    receiver.answers.append(answer)
    webhook = await tell(admin, receiver, jobs)

    (failed,) = await deliveries_of(admin, webhook)
    assert (failed["status"], failed["attempts"]) == ("pending", 1)
    assert (failed["response_status"], failed["response_beginning"]) == found
    assert failed["error"].startswith(reason)
    assert failed["due_at"] > failed["last_attempt_at"]

    await send_again(jobs, database)
    (taken,) = await deliveries_of(admin, webhook)
    assert (taken["status"], taken["attempts"], taken["error"]) == ("delivered", 2, None)
    first, second = receiver.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == taken["message_id"]
    assert first.content == second.content
    assert is_signed(second, await secret_of(admin, webhook))


async def test_the_next_attempt_is_a_job_for_later(
    admin: Person, receiver: Receiver, jobs: Jobs, database: Database
) -> None:
    receiver.always = status(503)
    webhook = await tell(admin, receiver, jobs)

    async with database.engine.connect() as connection:
        waiting = await connection.execute(
            text("SELECT scheduled_at FROM procrastinate_jobs WHERE status = 'todo'")
        )
        (scheduled_at,) = waiting.scalars()
        until = await connection.execute(text("SELECT paused_until FROM webhook_queues"))
        assert abs(scheduled_at - until.scalar_one()) < timedelta(seconds=1)
    assert scheduled_at > now()
    assert await waiting_jobs(database) == [SEND_WEBHOOKS]
    # It is left alone for the pause, whatever else happens.
    await make_task(admin)
    await jobs.drain(*SENDING)
    assert len(receiver.requests) == 1
    assert len(await deliveries_of(admin, webhook, status="pending")) == 2


async def test_pauses_grow(
    admin: Person, receiver: Receiver, jobs: Jobs, database: Database
) -> None:
    receiver.always = status(503)
    webhook = await tell(admin, receiver, jobs)
    pauses = []
    for _ in range(4):
        async with database.engine.connect() as connection:
            left = await connection.execute(
                text("SELECT due_at - last_attempt_at FROM webhook_deliveries")
            )
            pauses.append(left.scalar_one())
        await send_again(jobs, database)

    assert pauses == sorted(pauses)
    assert pauses[-1] > timedelta(minutes=5)
    assert (await deliveries_of(admin, webhook))[0]["attempts"] == 5


async def test_after_a_day_of_failures_it_is_switched_off(
    admin: Person, receiver: Receiver, jobs: Jobs, database: Database
) -> None:
    receiver.always = status(503)
    webhook = await tell(admin, receiver, jobs)
    await set_of_queue(database, webhook, failing_since=now() - timedelta(days=1))
    await send_again(jobs, database)
    await jobs.drain(Queue.EVENTS)

    switched_off = await read(admin, webhook)
    assert not switched_off["is_active"]
    reason = "Nothing could be delivered for 24 hours."
    assert switched_off["switched_off_because"] == reason
    assert switched_off["version"] == 2
    assert await notices_of(admin) == [f"127.0.0.1: {reason}"]
    (delivery,) = await deliveries_of(admin, webhook)
    assert delivery["status"] == "failed"

    await make_task(admin)
    await jobs.drain(*SENDING)
    assert len(receiver.requests) == 2

    on = await admin.patch(f"/webhooks/{webhook['id']}", json={"is_active": True})
    assert (on.json()["switched_off_at"], on.json()["switched_off_because"]) == (None, None)
    receiver.always = status(200)
    task = await make_task(admin)
    await jobs.drain(*SENDING)
    assert receiver.told()[-1][1] == task
    assert len(receiver.requests) == 3


async def test_whoever_is_gone_is_switched_off_at_once(
    admin: Person, receiver: Receiver, jobs: Jobs
) -> None:
    receiver.always = status(410)
    webhook = await tell(admin, receiver, jobs)
    await jobs.drain(Queue.EVENTS)

    switched_off = await read(admin, webhook)
    assert not switched_off["is_active"]
    assert switched_off["switched_off_because"] == "It answered 410: it is gone for good."
    assert await notices_of(admin) == ["127.0.0.1: It answered 410: it is gone for good."]


async def test_a_delivery_is_not_tried_for_ever(
    admin: Person, receiver: Receiver, jobs: Jobs, database: Database
) -> None:
    receiver.answers.append(status(400))
    webhook = await tell(admin, receiver, jobs)
    async with database.engine.begin() as connection:
        await connection.execute(text("UPDATE webhook_deliveries SET retry_until = now()"))
    receiver.answers.append(status(400))
    await send_again(jobs, database)

    (delivery,) = await deliveries_of(admin, webhook)
    assert (delivery["status"], delivery["attempts"]) == ("failed", 2)
    assert (await read(admin, webhook))["is_active"]


async def test_one_bad_delivery_does_not_hold_up_the_others(
    admin: Person, receiver: Receiver, jobs: Jobs
) -> None:
    webhook = await make_webhook(admin, receiver.url)
    for number in range(3):
        await make_task(admin, f"Task {number}")
    receiver.answers.append(status(500))
    await jobs.drain(*SENDING)

    assert len(await deliveries_of(admin, webhook, status="delivered")) == 2
    assert len(await deliveries_of(admin, webhook, status="pending")) == 1
    await make_task(admin)
    await jobs.drain(*SENDING)
    assert len(await deliveries_of(admin, webhook, status="delivered")) == 3


@pytest.mark.parametrize("host", ["hooks..example.com", f"{'a' * 64}.example.com"])
async def test_an_address_that_leads_nowhere_does_not_hold_up_the_others(
    admin: Person, receiver: Receiver, jobs: Jobs, host: str
) -> None:
    lost = await make_webhook(admin, f"https://{host}/")
    well = await make_webhook(admin, receiver.url)
    await make_task(admin)
    await jobs.drain(*SENDING)

    (failed,) = await deliveries_of(admin, lost)
    assert (failed["status"], failed["attempts"]) == ("pending", 1)
    assert "could not be reached" in failed["error"]
    (delivery,) = await deliveries_of(admin, well)
    assert delivery["status"] == "delivered"


async def test_letters_of_all_scripts_are_encoded(
    admin: Person, receiver: Receiver, jobs: Jobs
) -> None:
    webhook = await make_webhook(admin, f"{receiver.url}/büro a?wer=Zoë")
    assert webhook["url"].endswith("/büro a?wer=Zoë")
    await make_task(admin)
    await jobs.drain(*SENDING)

    (request,) = receiver.requests
    assert request.path == "/b%C3%BCro%20a?wer=Zo%C3%AB"


async def test_a_secret_that_is_rotated_signs_with_the_previous_one(
    admin: Person, receiver: Receiver, jobs: Jobs, database: Database
) -> None:
    receiver.answers.append(status(500))
    webhook = await tell(admin, receiver, jobs)
    old = await secret_of(admin, webhook)
    await admin.post(f"/webhooks/{webhook['id']}/rotate-secret")
    await send_again(jobs, database)

    new = await secret_of(admin, webhook)
    assert new != old
    first, second = receiver.requests
    assert first.headers["webhook-signature"].count(" ") == 0
    assert is_signed(first, old)
    assert is_signed(second, old)
    assert is_signed(second, new)

    async with database.engine.begin() as connection:
        await connection.execute(text("UPDATE webhooks SET rotating_until = now()"))
    await make_task(admin)
    await jobs.drain(*SENDING)
    third = receiver.requests[-1]
    assert third.headers["webhook-signature"].count(" ") == 0
    assert is_signed(third, new)


async def test_ten_thousand_events_to_a_dead_receiver_delay_nobody(
    admin: Person, receiver: Receiver, jobs: Jobs, database: Database
) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        dead = await make_webhook(admin, f"http://127.0.0.1:{bound.getsockname()[1]}/")
        await make_task(admin)
        await jobs.drain(*SENDING)
        await queue_many(database, dead, 9_999)
        await let_pauses_end(database)

        alive = await make_webhook(admin, receiver.url, ["task.completed"])
        task = await make_task(admin)
        await admin.post(f"/tasks/{task['id']}/complete")
        await jobs.drain(*SENDING)

    assert [event_type for event_type, _ in receiver.told()] == ["task.completed"]
    assert len(await deliveries_of(admin, alive, status="delivered")) == 1
    assert (await read(admin, dead))["is_active"]
    async with database.engine.connect() as connection:
        tried = await connection.execute(
            text("SELECT count(*) FROM webhook_deliveries WHERE attempts > 0 AND webhook_id = :id"),
            {"id": dead["id"]},
        )
        # One shows that it is dead: the others wait.
        assert tried.scalar_one() == 1
    assert set(await waiting_jobs(database)) == {SEND_WEBHOOKS}


async def test_too_many_for_a_dead_receiver_switch_it_off(
    admin: Person, receiver: Receiver, jobs: Jobs, database: Database
) -> None:
    receiver.always = status(500)
    webhook = await tell(admin, receiver, jobs)
    await queue_many(database, webhook, 10_001)
    await send_again(jobs, database)

    switched_off = await read(admin, webhook)
    reason = "More than 10,000 deliveries were waiting, and none got through."
    assert switched_off["switched_off_because"] == reason
    answer = await admin.get(f"/webhooks/{webhook['id']}/deliveries?status=pending&total=true")
    assert answer.json()["total"] == 0


async def test_a_receiver_that_hangs_does_not_delay_the_others(
    admin: Person, receiver: Receiver, jobs: Jobs
) -> None:
    sender = jobs.services.webhooks.sender
    with running_receiver() as hangs:
        hangs.hang(taking)
        await make_webhook(admin, hangs.url)
        quick = await make_webhook(admin, receiver.url)
        await make_task(admin)
        await jobs.drain(Queue.EVENTS)
        first = asyncio.create_task(sender.send_due())
        await until(lambda: bool(hangs.requests))
        await until_delivered(admin, quick)
        await make_task(admin)
        await jobs.drain(Queue.EVENTS)
        await sender.send_due()
        assert len(receiver.requests) == 2
        assert len(hangs.requests) == 1
        assert not first.done()

        hangs.release()
        await first
        assert len(hangs.requests) == 2


async def test_the_slowest_answer_does_not_delay_what_is_sent_after_it(
    admin: Person, receiver: Receiver, jobs: Jobs
) -> None:
    webhook = await make_webhook(admin, receiver.url)
    for number in range(20):
        await make_task(admin, f"Task {number}")
    await jobs.drain(Queue.EVENTS)
    receiver.answers.append(receiver.hanging(taking))
    sending = asyncio.create_task(jobs.services.webhooks.sender.send_due())
    await until(lambda: len(receiver.requests) == 20)
    assert not sending.done()

    receiver.release()
    await sending

    assert len(await deliveries_of(admin, webhook, status="delivered")) == 20


async def test_one_run_tells_more_webhooks_than_it_sends_to_at_once(
    admin: Person, receiver: Receiver, jobs: Jobs, database: Database
) -> None:
    for _ in range(130):
        await make_webhook(admin, receiver.url)
    for number in range(2):
        await make_task(admin, f"Task {number}")
    await jobs.drain(Queue.EVENTS)
    async with database.engine.begin() as connection:
        await connection.execute(text("DELETE FROM procrastinate_jobs"))
    await jobs.services.webhooks.sender.send_due()

    assert len(receiver.requests) == 2 * 130
    assert await waiting_jobs(database) == []


async def test_two_that_send_at_once_send_nothing_twice(
    admin: Person, receiver: Receiver, jobs: Jobs
) -> None:
    webhooks = [await make_webhook(admin, receiver.url) for _ in range(5)]
    for number in range(20):
        await make_task(admin, f"Task {number}")
    sender = jobs.services.webhooks.sender
    await asyncio.gather(jobs.drain(Queue.EVENTS), *(sender.send_due() for _ in range(4)))
    await sender.send_due()

    assert len(receiver.requests) == 20 * len(webhooks)
    for webhook in webhooks:
        delivered = await deliveries_of(admin, webhook, status="delivered")
        assert len(delivered) == 20
        assert {each["attempts"] for each in delivered} == {1}


async def test_what_was_sent_and_not_written_down_is_sent_again(
    admin: Person, receiver: Receiver, jobs: Jobs, database: Database
) -> None:
    """As when a worker is killed: tests/faults does it."""
    webhook = await make_webhook(admin, receiver.url)
    await make_task(admin)
    await jobs.drain(Queue.EVENTS)
    sender = jobs.services.webhooks.sender

    async def kill(_reply: Reply) -> None:
        sending.get_loop().call_soon_threadsafe(sending.cancel)
        await asyncio.Event().wait()

    receiver.answers.append(kill)
    sending = asyncio.create_task(sender.send_due())
    await asyncio.wait([sending])
    assert sending.cancelled()
    await set_of_queue(database, webhook, claimed_until=now() + timedelta(minutes=1))

    await sender.send_due()
    assert len(receiver.requests) == 1
    await set_of_queue(database, webhook, claimed_until=now())
    await sender.send_due()
    first, second = receiver.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert [each["status"] for each in await deliveries_of(admin, webhook)] == ["delivered"]


async def test_a_stop_writes_down_what_was_sent_and_lets_others_send_the_rest(
    admin: Person, receiver: Receiver, jobs: Jobs, database: Database
) -> None:
    webhook = await make_webhook(admin, receiver.url)
    with running_receiver() as other:
        waiting = await make_webhook(admin, other.url)
        other.hang(taking)
        receiver.answers += [taking, receiver.hanging(taking)]
        for title in ("One", "Two"):
            await make_task(admin, title)
        await jobs.drain(Queue.EVENTS)
        # One after the other, so that the first is taken once the second arrives.
        await set_of_queue(database, webhook, failures=1)
        sender = jobs.services.webhooks.sender
        sending = asyncio.create_task(sender.send_due())
        await until(lambda: len(receiver.requests) == len(other.requests) == 2)
        sending.cancel()
        await asyncio.wait([sending])

        assert sending.cancelled()
        stopped = await deliveries_of(admin, webhook)
        assert sorted(each["status"] for each in stopped) == ["delivered", "pending"]
        receiver.release()
        other.release()
        await sender.send_due()

    assert len(receiver.requests) == 3
    told = [*await deliveries_of(admin, webhook), *await deliveries_of(admin, waiting)]
    assert {each["status"] for each in told} == {"delivered"}


async def test_a_webhook_that_is_deleted_while_it_is_sent_to_is_no_error(
    admin: Person, receiver: Receiver, jobs: Jobs
) -> None:
    webhook = await make_webhook(admin, receiver.url)
    await make_task(admin)
    await jobs.drain(Queue.EVENTS)
    receiver.hang(taking)
    sending = asyncio.create_task(jobs.services.webhooks.sender.send_due())
    await until(lambda: bool(receiver.requests))
    assert (await admin.delete(f"/webhooks/{webhook['id']}")).status_code == 204
    receiver.release()
    await sending


async def test_what_fails_while_it_is_switched_off_is_not_tried_again(
    admin: Person, receiver: Receiver, jobs: Jobs
) -> None:
    webhook = await make_webhook(admin, receiver.url)
    await make_task(admin)
    await jobs.drain(Queue.EVENTS)
    receiver.hang(status(500))
    sending = asyncio.create_task(jobs.services.webhooks.sender.send_due())
    await until(lambda: bool(receiver.requests))
    await admin.patch(f"/webhooks/{webhook['id']}", json={"is_active": False})
    receiver.release()
    await sending

    (delivery,) = await deliveries_of(admin, webhook)
    assert (delivery["status"], delivery["error"]) == ("failed", "The webhook was switched off.")
    assert (await read(admin, webhook))["switched_off_at"] is None


async def test_a_secret_of_another_key_is_a_failure_that_says_so(
    admin: Person, receiver: Receiver, jobs: Jobs, database: Database
) -> None:
    webhook = await make_webhook(admin, receiver.url)
    async with database.engine.begin() as connection:
        await connection.execute(text("UPDATE webhooks SET sealed_secret = '\\x00'"))
    await make_task(admin)
    await jobs.drain(*SENDING)

    (delivery,) = await deliveries_of(admin, webhook)
    assert "SECRET_KEY has changed" in delivery["error"]
    assert receiver.requests == []
    refused = await admin.get(f"/webhooks/{webhook['id']}/secret")
    assert refused.status_code == 409


async def test_a_late_wake_up_sends_what_a_lost_job_has_left(
    admin: Person, receiver: Receiver, jobs: Jobs, database: Database
) -> None:
    await make_webhook(admin, receiver.url)
    await make_task(admin)
    await jobs.drain(Queue.EVENTS)
    async with database.engine.begin() as connection:
        await connection.execute(text("DELETE FROM procrastinate_jobs"))
    await jobs.services.webhooks.sender.wake_later()
    await jobs.services.webhooks.sender.wake_later()

    assert await waiting_jobs(database) == [SEND_WEBHOOKS]
    await jobs.drain(Queue.WEBHOOKS)
    assert len(receiver.requests) == 1


async def test_nothing_is_sent_again_for_an_owner_who_may_have_no_webhooks_any_more(
    admin: Person, signed_in: SignedIn, receiver: Receiver, jobs: Jobs, database: Database
) -> None:
    owner = await signed_in(Role.ADMIN)
    webhook = await make_webhook(owner, receiver.url)
    receiver.answers.append(status(500))
    await make_task(admin)
    await jobs.drain(Queue.EVENTS)
    await jobs.services.webhooks.sender.send_due()
    assert len(receiver.requests) == 1
    await admin.put(f"/users/{owner.user.id}/role", json={"role": "manager"})
    await let_pauses_end(database)

    await jobs.services.webhooks.sender.send_due()

    assert len(receiver.requests) == 1
    [delivery] = await deliveries_of(admin, webhook)
    assert (delivery["status"], delivery["error"]) == ("failed", NO_LONGER_ALLOWED)


async def test_what_nobody_has_foreseen_at_one_webhook_delays_no_other(
    admin: Person, receiver: Receiver, jobs: Jobs, database: Database
) -> None:
    odd, other = [await make_webhook(admin, receiver.url) for _ in range(2)]
    async with database.engine.begin() as connection:
        by_hand = text("UPDATE webhooks SET url = 'gopher://127.0.0.1/' WHERE id = :id")
        await connection.execute(by_hand, {"id": odd["id"]})
    for number in range(20):
        await make_task(admin, f"Task {number}")
    await jobs.drain(Queue.EVENTS)

    with pytest.raises(ExceptionGroup, match="could not be sent to"):
        await jobs.services.webhooks.sender.send_due()

    assert len(await deliveries_of(admin, other, status="delivered")) == 20


async def test_who_can_send_no_more_claims_nothing(uow: UnitOfWorkFactory) -> None:
    with sent_statements() as statements:
        assert await WebhookClaims(uow, timedelta(minutes=1)).take(0) == []

    assert statements == []
