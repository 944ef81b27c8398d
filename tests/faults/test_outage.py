"""PostgreSQL goes away under a running server, and comes back."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import httpx2
import pytest

from backend.core.embedded import embedded_postgres
from tests.fixtures.processes import START_SECONDS, disposable, starting_servers, stop_postgres

PROBLEM = "application/problem+json"
OUTAGE_SECONDS = 10


class Scene(NamedTuple):
    get: Callable[[str], httpx2.Response]
    """Ask the server, signed in."""
    post: Callable[[str, object], httpx2.Response]
    stop_postgres: Callable[[], None]
    start_postgres: Callable[[], object]


@pytest.fixture(scope="module")
def scene(seeded_data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with ExitStack() as stack:
        folder = stack.enter_context(disposable(tmp_path_factory.mktemp("data"), seeded_data_dir))

        def start() -> str:
            return stack.enter_context(embedded_postgres(folder))

        url = start()
        # To be stopped before the contexts that starts of PostgreSQL leave on the stack.
        with starting_servers(tmp_path_factory.mktemp("outage")) as start_server:
            server = start_server(DATABASE_URL=url)
            headers = server.sign_in()
            yield Scene(
                get=lambda path: server.get(path, headers),
                post=lambda path, body: server.post(path, headers=headers, json=body),
                stop_postgres=lambda: stop_postgres(folder),
                start_postgres=start,
            )


@pytest.fixture(autouse=True)
def _running_again(scene: Scene) -> Iterator[None]:
    yield
    scene.start_postgres()


def test_while_postgres_is_away_the_server_lives_and_says_when_to_ask_again(scene: Scene) -> None:
    scene.stop_postgres()

    tasks, ready = scene.get("/api/v1/tasks"), scene.get("/health/ready")
    assert (tasks.status_code, tasks.headers["Content-Type"]) == (503, PROBLEM)
    assert int(tasks.headers["Retry-After"]) > 0
    assert (ready.status_code, ready.headers["Content-Type"]) == (503, PROBLEM)
    assert scene.get("/health/live").status_code == 200


def test_once_postgres_is_back_every_request_succeeds(scene: Scene) -> None:
    for requests_meanwhile in (1, 0):
        scene.stop_postgres()
        for _ in range(requests_meanwhile):
            assert scene.get("/api/v1/tasks").status_code == 503

        scene.start_postgres()

        assert scene.get("/api/v1/tasks").status_code == 200
        assert scene.get("/health/ready").status_code == 200


def test_after_an_outage_of_ten_seconds_requests_and_jobs_go_on_by_themselves(
    scene: Scene,
) -> None:
    scene.stop_postgres()
    time.sleep(OUTAGE_SECONDS)
    assert scene.get("/api/v1/tasks").status_code == 503
    scene.start_postgres()

    assert scene.post("/api/v1/modules", {"title": "Afterwards"}).status_code == 201
    deadline = time.monotonic() + START_SECONDS
    while "Afterwards" not in scene.get("/api/v1/notifications").text:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert scene.get("/health/ready").status_code == 200
