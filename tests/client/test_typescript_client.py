"""The generated TypeScript client, in Node.js, against a real `mvp serve`."""

import subprocess

import pytest

from backend.seeds.users import MEMBER
from tests.fixtures.processes import MVP, ROOT, SEED_PASSWORD, Server, environment

NODE = MVP.with_name("node")
CLIENT = ROOT / "clients" / "typescript"


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
