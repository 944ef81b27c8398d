"""The server is killed at its work; whoever sends everything again gets all of it once."""

import random
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from uuid import uuid4

import httpx2
import psycopg
import pytest

from backend.cli.runtime import with_units_of_work
from backend.core.permissions import Role
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from tests.factories import PASSWORD, make_user
from tests.fixtures.application import make_settings
from tests.fixtures.processes import START_SECONDS, Server, StartServer

THREADS = 12


class Sender:
    """Creates tasks, each with an Idempotency-Key of its own, which is the title as well."""

    def __init__(self, client: httpx2.Client) -> None:
        self._client = client
        self.unanswered: set[str] = set()
        self.answered: dict[str, str] = {}

    def send(self, key: str) -> httpx2.Response:
        headers = {"Idempotency-Key": key}
        return self._client.post("/api/v1/tasks", json={"title": key}, headers=headers)

    def send_until_the_server_dies(self, enough: int, sent_enough: Event) -> None:
        while True:
            key = uuid4().hex
            self.unanswered.add(key)
            try:
                answer = self.send(key)
            except httpx2.TransportError:
                return
            self.answered[key] = answer.raise_for_status().json()["id"]
            self.unanswered.remove(key)
            if len(self.answered) >= enough:
                sent_enough.set()


@pytest.fixture
def member(fresh_database_url: str) -> str:
    """The address of a user who may write."""
    user = make_user(role=Role.MEMBER)

    async def save(uow: SqlUnitOfWorkFactory) -> None:
        async with uow() as unit:
            await unit.users.save(user)
            await unit.commit()

    with_units_of_work(make_settings(fresh_database_url), save)
    return user.email


def test_after_a_kill_every_key_has_had_its_effect_once(
    start_server: StartServer, fresh_database_url: str, member: str
) -> None:
    settings = {"DATABASE_URL": fresh_database_url, "SEED_ON_START": "false"}
    server = start_server(**settings)
    enough, sent_enough = random.randrange(20, 200), Event()  # noqa: S311  # no secret
    with signed_in(server, member) as client, ThreadPoolExecutor(THREADS) as threads:
        sender = Sender(client)
        for _ in range(THREADS):
            threads.submit(sender.send_until_the_server_dies, enough, sent_enough)
        assert sent_enough.wait(START_SECONDS)
        server.stop(signal.SIGKILL)
    assert len(sender.unanswered) == THREADS

    server = start_server(**settings)
    keys = sorted(sender.unanswered | sender.answered.keys())
    with signed_in(server, member) as client, ThreadPoolExecutor(THREADS) as threads:
        answers = dict(zip(keys, threads.map(Sender(client).send, keys), strict=True))

    assert {answer.status_code for answer in answers.values()} == {201}
    for key, task_id in sender.answered.items():
        assert answers[key].json()["id"] == task_id
        assert answers[key].headers["Idempotency-Replayed"] == "true"
    assert sorted(titles(fresh_database_url)) == keys


@contextmanager
def signed_in(server: Server, email: str) -> Iterator[httpx2.Client]:
    form = {"username": email, "password": PASSWORD}
    tokens = server.post("/api/v1/auth/token", data=form).raise_for_status().json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    with httpx2.Client(base_url=server.url, headers=headers, timeout=START_SECONDS) as client:
        yield client


def titles(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [title for (title,) in connection.execute("SELECT title FROM tasks")]
