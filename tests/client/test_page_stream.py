"""The example of `docs/use/one-stream.md`, in Node.js, over connections that break."""

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2
import pytest

from tests.client.test_typescript_client import NODE
from tests.fixtures.documentation import Page
from tests.fixtures.processes import ROOT, Server, environment

PAGE = Page(ROOT / "docs" / "use" / "one-stream.md")
SECONDS = 60
# It says on its output what comes, and ends with the last state.
DRIVER = """
import { follow } from './example.mjs';
const [url, token] = process.argv.slice(2);
const stop = new AbortController();
const problem = await follow(url, async () => token, (name, data) => {
  console.log(JSON.stringify([name, data]));
  if (data.status === 'completed') stop.abort();
}, stop.signal);
if (problem) console.log(JSON.stringify(['problem', problem]));
"""


@contextmanager
def breaking(server: Server) -> Iterator[str]:
    """The address of a server whose first connections break: after so many bytes of an answer."""
    target = httpx2.URL(server.url)
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            for number in count():
                client, _ = listening.accept()
                most = 900 + 400 * number if number < 3 else 10**9
                Thread(target=forward, args=(client, most), daemon=True).start()

    def forward(client: socket.socket, most: int) -> None:
        with client, socket.create_connection((target.host, target.port or 80)) as upstream:
            upstream.sendall(client.recv(65_536))
            with suppress(OSError):
                while most > 0 and (piece := upstream.recv(min(most, 65_536))):
                    client.sendall(piece)
                    most -= len(piece)

    Thread(target=serve, daemon=True).start()
    with listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    [example] = [block for block in PAGE.blocks() if block.language == "js"]
    (tmp_path / "example.mjs").write_text(example.text)
    (tmp_path / "driver.mjs").write_text(DRIVER)
    return tmp_path / "driver.mjs"


def run(program: Path, url: str, token: str) -> list[tuple[str, dict[str, Any]]]:
    done = subprocess.run(
        [str(NODE), program.name, url, token],
        check=False,
        capture_output=True,
        cwd=program.parent,
        env=environment({}),
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_page_sees_each_state_once_over_connections_that_break(
    seeded_server: Server, program: Path
) -> None:
    headers = seeded_server.sign_in()
    report = {"kind": "report", "inputs": {"report": "leads_pipeline"}}
    created = seeded_server.post("/api/v1/executions", json=report, headers=headers)
    execution_id = created.raise_for_status().json()["id"]
    path = f"/api/v1/stream?notifications=true&execution={execution_id}"

    with breaking(seeded_server) as url:
        told = run(program, url + path, headers["Authorization"].split()[1])

    states = [data["version"] for name, data in told if name == "execution"]
    assert states == sorted(set(states))
    assert told[-1][1]["status"] == "completed"


def test_a_page_is_told_why_it_is_refused(seeded_server: Server, program: Path) -> None:
    token = seeded_server.sign_in()["Authorization"].split()[1]

    [(name, problem)] = run(program, f"{seeded_server.url}/api/v1/stream", token)

    assert (name, problem["status"]) == ("problem", 422)
