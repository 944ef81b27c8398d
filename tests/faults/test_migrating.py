"""Migrations that run beside a server that does not know of them, or beside each other."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import httpx2
import psycopg
from alembic import command

from backend.core.migrations import alembic_config
from tests.fixtures.processes import START_SECONDS, RunMvp, StartServer, wait_for_waiting

WIDENED = (
    "ALTER TABLE users ALTER COLUMN version TYPE bigint",
    "ALTER TABLE customers ALTER COLUMN status TYPE varchar(64)",
    "ALTER TABLE customers ALTER COLUMN version TYPE bigint",
    "ALTER TABLE procrastinate_jobs ALTER COLUMN attempts TYPE bigint",
)
CALLERS = 4
ENOUGH = 100
"""After so many answers all statements are prepared on all of the connections in use."""


def test_columns_that_are_widened_under_load_fail_no_request(
    start_server: StartServer, fresh_database_url: str
) -> None:
    server = start_server(DATABASE_URL=fresh_database_url, SEED_ON_START="true")
    answers: list[httpx2.Response] = []
    stopped = Event()

    def call_until_stopped() -> None:
        with httpx2.Client(base_url=server.url, headers=server.sign_in()) as client:
            while not stopped.is_set():
                answers.extend(_calls(client))

    with ThreadPoolExecutor() as threads:
        callers = [threads.submit(call_until_stopped) for _ in range(CALLERS)]
        try:
            with psycopg.connect(fresh_database_url, autocommit=True) as migration:
                for statement in WIDENED:
                    _wait_for_more(answers)
                    migration.execute(statement)
                _wait_for_more(answers)
        finally:
            stopped.set()
        for caller in callers:
            caller.result()

    assert [answer.text for answer in answers if not answer.is_success] == []
    assert server.get("/health/ready").status_code == 200


def test_of_two_that_migrate_at_once_one_waits_for_the_other(
    run_mvp: RunMvp, empty_database_url: str
) -> None:
    config = alembic_config(empty_database_url)
    with ThreadPoolExecutor(2) as threads:
        with psycopg.connect(empty_database_url) as connection:
            # Keeps whoever is first from going on until the second is there as well.
            connection.execute("CREATE TABLE users ()")
            here = threads.submit(command.upgrade, config, "head")
            there = threads.submit(run_mvp, "migrate", "upgrade", DATABASE_URL=empty_database_url)
            wait_for_waiting(empty_database_url, 2)
            connection.rollback()
        here.result()
        assert there.result().returncode == 0, there.result().stderr

    command.check(config)


def _calls(client: httpx2.Client) -> Iterator[httpx2.Response]:
    created = client.post("/api/v1/customers", json={"name": "Mary Jackson"})
    yield created
    yield client.get(created.headers["Location"])
    yield client.get("/api/v1/customers?limit=5")
    yield client.patch(created.headers["Location"], json={"status": "active"})


def _wait_for_more(answers: list[httpx2.Response]) -> None:
    enough = len(answers) + ENOUGH
    deadline = time.monotonic() + START_SECONDS
    while len(answers) < enough:
        assert time.monotonic() < deadline
        time.sleep(0.01)
