"""Two servers on one database agree to the last request."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import httpx2
import psycopg
import pytest

from backend.seeds.users import MEMBER, VIEWER
from tests.fixtures.postgres import cloned_database
from tests.fixtures.processes import Server, starting_servers, wait_for_waiting

FAILURES_PER_ACCOUNT = 10


class Pair(NamedTuple):
    here: Server
    there: Server
    database_url: str


@pytest.fixture(scope="module")
def servers(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Both begin at once, on an empty database."""
    folder = tmp_path_factory.mktemp("servers")
    with cloned_database(server_url, "template0") as url, starting_servers(folder) as start:
        first, second = (start(DATABASE_URL=url, wait=False) for _ in range(2))
        first.wait_until_ready()
        second.wait_until_ready()
        yield Pair(first, second, url)


def test_failed_sign_ins_are_counted_exactly_over_all_servers(servers: Pair) -> None:
    def guess(server: Server) -> httpx2.Response:
        form = {"username": MEMBER.email, "password": "wrong password"}
        return server.post("/api/v1/auth/token", data=form)

    attempts = [servers.here, servers.there] * (FAILURES_PER_ACCOUNT // 2 + 1)
    with ThreadPoolExecutor(len(attempts)) as threads:
        # All have compared the password before the first can be counted.
        with psycopg.connect(servers.database_url) as connection:
            connection.execute("LOCK TABLE sign_in_failures IN SHARE MODE")
            answering = threads.map(guess, attempts)
            wait_for_waiting(servers.database_url, len(attempts))
        answers = list(answering)
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) == len(attempts) - FAILURES_PER_ACCOUNT
    assert len([answer for answer in answers if answer.status_code == 401]) == FAILURES_PER_ACCOUNT

    refused += [guess(server) for server in (servers.here, servers.there)]

    assert all(answer.status_code == 429 for answer in refused)
    assert all(0 < int(answer.headers["Retry-After"]) <= 15 * 60 for answer in refused)


def test_a_session_that_ends_on_one_server_is_refused_by_the_other_at_once(servers: Pair) -> None:
    here, there, _ = servers
    headers = here.sign_in(VIEWER.email)
    assert there.get("/api/v1/users/me", headers).json()["email"] == VIEWER.email

    here.post("/api/v1/auth/logout", headers=headers).raise_for_status()

    assert there.get("/api/v1/users/me", headers).status_code == 401
