"""`mvp webhooks listen` shows whoever writes a receiver what is sent."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import pytest

from backend.cli.runtime import with_units_of_work
from backend.core.permissions import SubjectKind
from backend.core.scopes import FIRST
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.services.platform.change_events import created
from tests.factories import make_task
from tests.fixtures.application import make_settings
from tests.fixtures.processes import RunMvp, refusal
from tests.fixtures.receiver import Receiver, is_signed


@contextmanager
def tasks_added(url: str) -> Iterator[None]:
    """Somebody adds tasks meanwhile: when the command begins to listen is not known."""

    async def add(uow: SqlUnitOfWorkFactory) -> None:
        task = make_task(title="Write the offer")
        async with uow(FIRST) as unit:
            await unit.tasks.save(task)
            unit.record(created(SubjectKind.TASK, task, None))
            await unit.commit()

    def add_until_ended() -> None:
        while not ended.wait(0.1):
            with_units_of_work(make_settings(url), add)

    ended = Event()
    adding = Thread(target=add_until_ended)
    adding.start()
    try:
        yield
    finally:
        ended.set()
        adding.join()


def test_it_prints_what_would_be_sent_and_forwards_it(
    mvp: RunMvp, fresh_database_url: str, receiver: Receiver
) -> None:
    options = ("--type", "task.created", "--limit", "2", "--forward", receiver.url)
    with tasks_added(fresh_database_url):
        done = mvp("webhooks", "listen", *options, DATABASE_URL=fresh_database_url)

    assert done.returncode == 0
    assert done.stdout.count('"title": "Write the offer"') == 2
    assert done.stdout.count("forwarded: it answered 204") == 2
    secret = re.search(r"whsec_\S+", done.stdout)
    assert secret is not None
    assert len(receiver.requests) == 2
    for request in receiver.requests:
        assert is_signed(request, secret[0])
        assert request.headers["webhook-id"] in done.stdout


def test_a_receiver_elsewhere_is_not_forwarded_to(mvp: RunMvp, fresh_database_url: str) -> None:
    options = ("--limit", "1", "--forward", "http://93.184.215.14/")
    with tasks_added(fresh_database_url):
        done = mvp("webhooks", "listen", *options, DATABASE_URL=fresh_database_url)

    assert "not forwarded: 93.184.215.14 leads to" in done.stdout


def test_an_unknown_type_is_refused_with_the_known_ones(mvp: RunMvp) -> None:
    refused = refusal(mvp("webhooks", "listen", "--type", "task.painted"))

    assert "--type: task.painted: must be one of: " in refused
    assert "task.created, task.updated" in refused


@pytest.mark.parametrize("address", ["ftp://127.0.0.1/", "127.0.0.1:3000/hook", "http://", ""])
def test_what_is_no_address_is_refused_before_it_waits(mvp: RunMvp, address: str) -> None:
    refused = refusal(mvp("webhooks", "listen", "--forward", address))

    assert "--forward: must be an address such as http://127.0.0.1:3000/hook" in refused
