"""PgBouncer in front of the database, configured as it ships but for where things are."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2
import pytest
from alembic import command
from psycopg.conninfo import conninfo_to_dict

from backend.core.embedded import embedded_postgres
from backend.core.migrations import alembic_config
from backend.seeds.users import MANAGER, MEMBER
from tests.faults.proxies import wait_until_it_listens
from tests.fixtures.postgres import FAST, cloned_database
from tests.fixtures.processes import START_SECONDS, RunMvp, free_port, refusal, starting_servers


@contextmanager
def running_pgbouncer(url: str, folder: Path, *lines: str) -> Iterator[str]:
    """The URL of the database by way of PgBouncer, with lines added to its configuration."""
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.fail("pgbouncer is missing: install Debian's package pgbouncer", pytrace=False)
    target, port = conninfo_to_dict(url), free_port()
    parts = ("host", "port", "user", "password", "dbname")
    words = " ".join(f"{part}={target[part]}" for part in parts if part in target)
    place = ("listen_addr = 127.0.0.1", f"listen_port = {port}", "unix_socket_dir =")
    # Whoever comes is let in: how PgBouncer signs people in is not what is tried.
    text = ("[databases]", f"behind = {words}", "[pgbouncer]", "auth_type = any", *place, *lines)
    file = folder / "pgbouncer.ini"
    file.write_text("\n".join(text))
    as_somebody = ["-u", "nobody"] if os.geteuid() == 0 else []
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [program, *as_somebody, str(file)],
            env={},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        wait_until_it_listens(process, port, folder / "log")
        yield f"postgresql://mvp@127.0.0.1:{port}/behind"
    finally:
        process.terminate()
        process.wait(START_SECONDS)


@pytest.fixture(scope="module")
def reachable_url() -> Iterator[str]:
    """A PostgreSQL whose folder everybody may enter, as PgBouncer does not run as root."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        with embedded_postgres(Path(folder), FAST) as url:
            yield url


@pytest.fixture
def database_url(reachable_url: str) -> Iterator[str]:
    with cloned_database(reachable_url, "template0") as url:
        yield url


def test_by_session_everything_works(database_url: str, tmp_path: Path) -> None:
    command.upgrade(alembic_config(database_url), "head")
    files = (tmp_path / "files").as_uri()
    with (
        running_pgbouncer(database_url, tmp_path) as pooled,
        starting_servers(tmp_path) as start,
    ):
        server = start(DATABASE_URL=pooled, SEED_ON_START="true", FILES_URL=files)
        member, manager = server.sign_in(MEMBER.email), server.sign_in(MANAGER.email)
        me = server.get("/api/v1/users/me", member).json()["id"]
        url = f"{server.url}/api/v1/notifications/stream"
        with httpx2.stream("GET", url, headers=member, timeout=START_SECONDS) as events:
            lines = events.iter_lines()
            given = {"title": "Call", "assignee_id": me}
            task = server.post("/api/v1/tasks", headers=manager, json=given)

            assert task.status_code == 201
            assert server.get(task.headers["Location"], member).json() == task.json()
            assert any("task_assigned" in line for line in lines)


def test_by_transaction_nothing_is_started(
    database_url: str, tmp_path: Path, run_mvp: RunMvp
) -> None:
    with running_pgbouncer(database_url, tmp_path, "pool_mode = transaction") as pooled:
        line = refusal(run_mvp("serve", DATABASE_URL=pooled, PORT=str(free_port())))

    assert "pool_mode = session" in line
