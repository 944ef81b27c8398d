"""What a process does not load, as none of its work needs it: memory, and time at each start."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from tests.fixtures.processes import ROOT, START_SECONDS, Server, StartServer

PROGRAM = (sys.executable, str(ROOT / "tests" / "faults" / "programs" / "noting_modules.py"))
ON_DEMAND = {
    "alembic": "a migration",
    "mako": "a new migration",
    "jinja2": "a mail",
    "aiosmtplib": "a mail that does not go into a folder",
    "openpyxl": "an export",
    "python_calamine": "an import, in a process of its own",
    "obstore": "a file",
    "filetype": "an upload",
    "zxcvbn": "a new password",
    "httpx2": "a request to a provider, or a question to the assistant",
    "joserfc": "a token of an issuer",
    "ua_parser": "a sign-in from a new device",
    "pyotp": "a code of a second factor",
    "webauthn": "a passkey",
    "cbor2": "a passkey",
    "OpenSSL": "a passkey",
    "jsonschema_rs": "a schema for structured answers",
    "mcp": "the MCP server, if it is enabled",
    "pydantic_ai": "a question to the assistant",
    "openai": "a question to the assistant",
    "tavily": "a search of the web",
}
"""By package: what it is loaded for."""
WITH_TOKENS = {"jose", "cryptography"}
"""Loaded for the first caller."""


@pytest.fixture
def loaded(tmp_path: Path) -> Callable[[Server], set[str]]:
    """The packages that a server has loaded so far."""

    def ask(server: Server) -> set[str]:
        path = tmp_path / "modules"
        path.unlink(missing_ok=True)
        server.process.send_signal(signal.SIGUSR1)
        deadline = time.monotonic() + START_SECONDS
        while not path.exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return _packages(set(path.read_text().splitlines()))

    return ask


def test_a_server_loads_what_few_requests_need_when_one_of_them_comes(
    data_dir: Path,
    start_server: StartServer,
    loaded: Callable[[Server], set[str]],
    tmp_path: Path,
) -> None:
    settings = {"DATA_DIR": str(data_dir), "MODULES": str(tmp_path / "modules")}
    server = start_server(program=PROGRAM, **settings)
    assert loaded(server) & {*ON_DEMAND, *WITH_TOKENS} == set()

    signed = server.sign_in()
    with httpx2.Client(base_url=server.url, headers=signed, timeout=START_SECONDS) as client:
        created = client.post("/api/v1/tasks", json={"title": "Water the plants"})
        created.raise_for_status()
        client.get(created.headers["Location"]).raise_for_status()
        client.get("/api/v1/tasks?limit=50").raise_for_status()
        assert loaded(server) & ON_DEMAND.keys() == set()

        file = {"file": ("plants.txt", b"Twice a week.", "text/plain")}
        client.post("/api/v1/files", files=file).raise_for_status()
        asked = {"request": "How many customers are there?"}
        client.post("/api/v1/agent/act", json=asked).raise_for_status()
        assert {"obstore", "filetype", "pydantic_ai", *WITH_TOKENS} <= loaded(server)


def test_a_worker_loads_no_web_framework() -> None:
    web = {"fastapi", "starlette", *WITH_TOKENS}
    assert _loaded_by("backend.cli.worker") & {*web, *ON_DEMAND} == set()


def test_a_parent_of_several_workers_does_not_load_what_they_serve() -> None:
    modules = _modules_of("backend.cli.serve")
    assert _packages(modules) & {"fastapi", *WITH_TOKENS, *ON_DEMAND} == set()
    assert modules & {"backend.services", "backend.repositories", "backend.wiring"} == set()


def test_a_migration_loads_no_services() -> None:
    modules = _modules_of("backend.cli.migrate")
    assert "alembic" in modules
    assert modules & {"backend.services", "backend.repositories", "backend.wiring"} == set()


def _loaded_by(module: str) -> set[str]:
    return _packages(_modules_of(module))


def _packages(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


def _modules_of(module: str) -> set[str]:
    """All that importing it loads in a new process."""
    code = f"import {module}, sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return set(done.stdout.split())
