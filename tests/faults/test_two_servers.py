"""Two servers on one database agree to the last request."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple
from uuid import uuid4

import httpx2
import psycopg
import pytest

from backend.seeds.users import ADMIN, MEMBER
from tests.fixtures.passwords import AT_ONCE
from tests.fixtures.postgres import cloned_database
from tests.fixtures.processes import (
    SEED_PASSWORD,
    RunMvp,
    Server,
    starting_servers,
    wait_for_waiting,
)

FAILURES_PER_ACCOUNT = 10
MOMENT_SECONDS = 0.1


class Pair(NamedTuple):
    here: Server
    there: Server
    database_url: str


class Person(NamedTuple):
    id: str
    email: str
    headers: dict[str, str]


@pytest.fixture(scope="module")
def servers(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Both begin at once, on an empty database."""
    folder = tmp_path_factory.mktemp("servers")
    with cloned_database(server_url, "template0") as url, starting_servers(folder) as start:
        first, second = (start(DATABASE_URL=url, wait=False) for _ in range(2))
        first.wait_until_ready()
        second.wait_until_ready()
        yield Pair(first, second, url)


@pytest.fixture
def person(servers: Pair) -> Person:
    """A guest who is signed in, and new."""
    email = f"{uuid4()}@example.com"
    account = {"email": email, "full_name": "Dorothy Vaughan", "password": SEED_PASSWORD}
    created = servers.here.post("/api/v1/auth/register", json=account).raise_for_status().json()
    return Person(created["id"], email, servers.here.sign_in(email))


def test_failed_sign_ins_are_counted_exactly_over_all_servers(servers: Pair) -> None:
    def guess(server: Server) -> httpx2.Response:
        form = {"username": MEMBER.email, "password": "wrong password"}
        return server.post("/api/v1/auth/token", data=form)

    attempts = [servers.here, servers.there] * (FAILURES_PER_ACCOUNT // 2 + 1)
    with ThreadPoolExecutor(len(attempts)) as threads:
        # All that have their turn have compared the password before the first can be counted.
        with psycopg.connect(servers.database_url) as connection:
            connection.execute("LOCK TABLE sign_in_failures IN SHARE MODE")
            answering = threads.map(guess, attempts)
            wait_for_waiting(servers.database_url, min(len(attempts), 2 * AT_ONCE))
        answers = list(answering)
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) == len(attempts) - FAILURES_PER_ACCOUNT
    assert len([answer for answer in answers if answer.status_code == 401]) == FAILURES_PER_ACCOUNT

    refused += [guess(server) for server in (servers.here, servers.there)]

    assert all(answer.status_code == 429 for answer in refused)
    assert all(0 < int(answer.headers["Retry-After"]) <= 15 * 60 for answer in refused)


def test_who_is_signed_in_is_not_looked_up_for_each_request(servers: Pair, person: Person) -> None:
    assert _read(servers.there, person).status_code == 200

    with psycopg.connect(servers.database_url) as connection:
        connection.execute("LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE")

        assert _read(servers.there, person).status_code == 200


def sign_out(servers: Pair, person: Person, _mvp: RunMvp) -> None:
    servers.here.post("/api/v1/auth/logout", headers=person.headers).raise_for_status()


def deactivate(servers: Pair, person: Person, _mvp: RunMvp) -> None:
    path = f"/api/v1/users/{person.id}/deactivate"
    servers.here.post(path, headers=servers.here.sign_in(ADMIN.email)).raise_for_status()


def deactivate_by_command(servers: Pair, person: Person, mvp: RunMvp) -> None:
    mvp("user", "deactivate", person.email, DATABASE_URL=servers.database_url).check_returncode()


@pytest.mark.parametrize("end", [sign_out, deactivate, deactivate_by_command])
def test_whoever_is_not_signed_in_any_more_is_refused_by_all_servers_at_once(
    servers: Pair, person: Person, mvp: RunMvp, end: Callable[[Pair, Person, RunMvp], None]
) -> None:
    for server in (servers.here, servers.there):
        assert _read(server, person).status_code == 200

    end(servers, person, mvp)

    for server in (servers.there, servers.here):
        _get_within_a_moment(401, partial(_read, server, person))


def test_a_new_role_counts_on_all_servers_at_once(
    servers: Pair, person: Person, mvp: RunMvp
) -> None:
    def create(server: Server) -> httpx2.Response:
        return server.post("/api/v1/tasks", json={"title": "x"}, headers=person.headers)

    for server in (servers.here, servers.there):
        assert create(server).status_code == 403

    mvp("user", "set-role", person.email, "member", DATABASE_URL=servers.database_url)

    for server in (servers.there, servers.here):
        _get_within_a_moment(201, partial(create, server))


def _read(server: Server, person: Person) -> httpx2.Response:
    return server.get("/api/v1/users/me", person.headers)


def _get_within_a_moment(status: int, ask: Callable[[], httpx2.Response]) -> None:
    """Whatever is asked after the moment must be answered so, however long the answer takes."""
    end = time.monotonic() + MOMENT_SECONDS
    while True:
        asked = time.monotonic()
        answer = ask()
        if answer.status_code == status:
            return
        assert asked < end, answer.text
