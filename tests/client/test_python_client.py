"""The Python client that openapi-python-client makes, against a real `mvp serve`.

It runs in an environment of its own: it needs another Typer than the program.
"""

import os
import subprocess
from pathlib import Path

import pytest

from backend.seeds.users import MEMBER
from tests.fixtures.processes import ROOT, SEED_PASSWORD, Server

GENERATOR = "openapi-python-client==0.29.1"
RUFF = "ruff==0.14.5"
TOOL = "openapi-python-client"
PROGRAM = ROOT / "clients" / "python" / "use.py"


def uv(*arguments: str, **settings: str) -> str:
    """What a command of uv prints. `make` says where uv is."""
    done = subprocess.run(
        [os.environ.get("UV", "uv"), *arguments],
        check=False,
        cwd="/",
        # The settings of uv, too.
        env=os.environ | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=170,
    )
    if done.returncode:
        pytest.fail(done.stdout, pytrace=False)
    return done.stdout


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("client") / "generated"
    told = uv(
        *("tool", "run", "--quiet", "--from", GENERATOR, "--with", RUFF),
        *(TOOL, "generate", "--fail-on-warning", "--output-path", str(folder)),
        *("--path", str(ROOT / "openapi.json")),
    )
    # It leaves out what it can't read, and says so.
    assert "Warning" not in told, told
    return folder


def test_the_client_reads_every_answer(generated: Path, seeded_server: Server) -> None:
    sign_in = {"EMAIL": MEMBER.email, "PASSWORD": SEED_PASSWORD, "BASE_URL": seeded_server.url}

    uv("run", "--quiet", "--no-project", "--with", str(generated), str(PROGRAM), **sign_in)
