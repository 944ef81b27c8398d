"""The generated TypeScript client, in Node.js, against a real `mvp serve`."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.seeds.users import MEMBER
from tests.fixtures.postgres import cloned_database
from tests.fixtures.processes import (
    MVP,
    ROOT,
    SEED_PASSWORD,
    Server,
    environment,
    starting_servers,
)

NODE = MVP.with_name("node")
CLIENT = ROOT / "clients" / "typescript"


@pytest.fixture
def seeded_server(server_url: str, template: str, tmp_path: Path) -> Iterator[Server]:
    with cloned_database(server_url, template) as url, starting_servers(tmp_path) as start:
        yield start(DATABASE_URL=url, SEED_ON_START="true", SEED_PASSWORD=SEED_PASSWORD)


def test_the_client_does_what_a_frontend_needs(seeded_server: Server) -> None:
    sign_in = {"BASE_URL": seeded_server.url, "EMAIL": MEMBER.email, "PASSWORD": SEED_PASSWORD}

    done = subprocess.run(
        [str(NODE), "--test"],
        check=False,
        cwd=CLIENT,
        env=environment(sign_in),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
    )

    if done.returncode or "pass 0" in done.stdout:
        pytest.fail(done.stdout, pytrace=False)
