"""Executions in a process beside the server: what kills it leaves the server alone."""

import os
import re
import signal
from contextlib import suppress

import pytest

from backend.cli.runtime import with_units_of_work
from backend.core.scopes import SYSTEM
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from tests.factories import PASSWORD, make_user
from tests.fixtures.application import make_settings
from tests.fixtures.processes import Server, StartServer
from tests.fixtures.waiting import wait_until
from tests.fixtures.workers import QUICK

APART = QUICK | {"WORKER_EXECUTIONS_APART": "true", "SEED_ON_START": "false"}
REPORT = {"kind": "report", "inputs": {"report": "tasks_by_age"}}
ADA = "ada@example.com"


@pytest.fixture
def url(fresh_database_url: str) -> str:
    """Of a database with a person in it."""

    async def save(uow: SqlUnitOfWorkFactory) -> None:
        async with uow(SYSTEM) as unit:
            await unit.users.save(make_user(email=ADA))
            await unit.commit()

    with_units_of_work(make_settings(fresh_database_url), save)
    return fresh_database_url


def started(server: Server) -> list[int]:
    """The processes of executions that there have been."""
    log = re.sub(r"\x1b\[[0-9;]*m", "", server.log.read_text())
    return [int(pid) for pid in re.findall(r"process_started .*pid=(\d+)", log)]


def lives(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def completes_a_report(server: Server) -> None:
    form = {"username": ADA, "password": PASSWORD}
    tokens = server.post("/api/v1/auth/token", data=form).raise_for_status().json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    asked = server.post("/api/v1/executions", json=REPORT, headers=headers)
    path = f"/api/v1/executions/{asked.raise_for_status().json()['id']}"
    wait_until(lambda: server.get(path, headers).json()["status"] == "completed")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_server_outlives_what_kills_it_and_it_is_begun_again(
    start_server: StartServer, url: str, workers: str
) -> None:
    server = start_server(DATABASE_URL=url, WORKERS=workers, **APART)
    completes_a_report(server)
    (first,) = started(server)

    os.kill(first, signal.SIGKILL)

    wait_until(lambda: len(started(server)) == 2)
    completes_a_report(server)
    assert server.process.poll() is None
    assert server.stop() == 0
    assert not any(map(lives, started(server)))


def test_it_does_not_outlive_a_server_that_is_killed(start_server: StartServer, url: str) -> None:
    server = start_server(DATABASE_URL=url, **APART)
    completes_a_report(server)

    server.stop(signal.SIGKILL)

    wait_until(lambda: not any(map(lives, started(server))))


@pytest.mark.parametrize(
    ("name", "value"), [("WORKER_ENABLED", "false"), ("WORKER_EXECUTIONS_APART", "false")]
)
def test_there_need_not_be_one(start_server: StartServer, url: str, name: str, value: str) -> None:
    server = start_server(DATABASE_URL=url, **APART | {name: value})
    if name != "WORKER_ENABLED":
        completes_a_report(server)

    assert server.stop() == 0

    assert started(server) == []
