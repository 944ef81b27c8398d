"""The server is killed at its work; whoever sends everything again gets all of it once."""

import random
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import NamedTuple
from uuid import uuid4

import httpx2
import psycopg
import pytest

from backend.cli.runtime import with_units_of_work
from backend.core.permissions import Role
from backend.core.scopes import SYSTEM
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from tests.factories import PASSWORD, make_user
from tests.fixtures.application import make_settings
from tests.fixtures.processes import START_SECONDS, Server, StartServer
from tests.fixtures.waiting import wait_until

THREADS = 12


class People(NamedTuple):
    """The address of who writes, and the id of who gets the tasks."""

    manager: str
    colleague_id: str


class Sender:
    """Creates tasks for a colleague, each with an Idempotency-Key, which is the title as well."""

    def __init__(self, client: httpx2.Client, colleague_id: str) -> None:
        self._client = client
        self._colleague_id = colleague_id
        self.unanswered: set[str] = set()
        self.answered: dict[str, str] = {}

    def send(self, key: str) -> httpx2.Response:
        headers = {"Idempotency-Key": key}
        task = {"title": key, "assignee_id": self._colleague_id}
        return self._client.post("/api/v1/tasks", json=task, headers=headers)

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
def people(fresh_database_url: str) -> People:
    users = make_user(role=Role.MANAGER), make_user(role=Role.MEMBER)

    async def save(uow: SqlUnitOfWorkFactory) -> None:
        async with uow(SYSTEM) as unit:
            await unit.users.save_many(users)
            await unit.commit()

    with_units_of_work(make_settings(fresh_database_url), save)
    return People(users[0].email, str(users[1].id))


def test_after_a_kill_every_key_has_had_its_effect_once(
    start_server: StartServer, fresh_database_url: str, people: People
) -> None:
    settings = {"DATABASE_URL": fresh_database_url, "SEED_ON_START": "false"}
    server = start_server(**settings, WORKER_ENABLED="false")
    enough, sent_enough = random.randrange(20, 200), Event()  # noqa: S311  # no secret
    with signed_in(server, people.manager) as client, ThreadPoolExecutor(THREADS) as threads:
        sender = Sender(client, people.colleague_id)
        for _ in range(THREADS):
            threads.submit(sender.send_until_the_server_dies, enough, sent_enough)
        assert sent_enough.wait(START_SECONDS)
        server.stop(signal.SIGKILL)
    assert len(sender.unanswered) == THREADS
    # PostgreSQL still carries out what it has begun for a client that is gone.
    wait_until(lambda: not ids(fresh_database_url, CLIENTS))

    written = ids(fresh_database_url, TASKS)
    assert set(sender.answered.values()) <= set(written)
    # Nothing without its event, no event without what it tells of, and a job for each.
    assert ids(fresh_database_url, CREATED) == ids(fresh_database_url, ASSIGNED) == written
    assert ids(fresh_database_url, DEFERRED) == written

    server = start_server(**settings)
    keys = sorted(sender.unanswered | sender.answered.keys())
    with signed_in(server, people.manager) as client, ThreadPoolExecutor(THREADS) as threads:
        retry = Sender(client, people.colleague_id).send
        answers = dict(zip(keys, threads.map(retry, keys), strict=True))

    assert {answer.status_code for answer in answers.values()} == {201}
    for key, task_id in sender.answered.items():
        assert answers[key].json()["id"] == task_id
        assert answers[key].headers["Idempotency-Replayed"] == "true"
    assert sorted(ids(fresh_database_url, TITLES)) == keys
    written = ids(fresh_database_url, TASKS)
    assert ids(fresh_database_url, CREATED) == written
    # And each has had its effect, once.
    wait_until(lambda: len(ids(fresh_database_url, NOTIFIED)) >= len(written))
    assert ids(fresh_database_url, NOTIFIED) == written


@contextmanager
def signed_in(server: Server, email: str) -> Iterator[httpx2.Client]:
    form = {"username": email, "password": PASSWORD}
    tokens = server.post("/api/v1/auth/token", data=form).raise_for_status().json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    with httpx2.Client(base_url=server.url, headers=headers, timeout=START_SECONDS) as client:
        yield client


TASKS = "SELECT id::text FROM tasks"
TITLES = "SELECT title FROM tasks"
CREATED = "SELECT subject_id::text FROM events WHERE type = 'task.created'"
ASSIGNED = "SELECT subject_id::text FROM events WHERE type = 'task.assigned'"
DEFERRED = """
    SELECT events.subject_id::text
    FROM procrastinate_jobs AS jobs JOIN events ON events.id::text = jobs.args ->> 'event_id'
    WHERE jobs.task_name = 'notify' AND events.type = 'task.assigned'
"""
NOTIFIED = "SELECT subject_id::text FROM notifications"
CLIENTS = """
    SELECT pid::text FROM pg_stat_activity
    WHERE datname = current_database() AND pid != pg_backend_pid()
"""


def ids(url: str, statement: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return sorted(value for (value,) in connection.execute(statement.encode()))
