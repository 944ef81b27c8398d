"""A worker is killed in the middle of a crew; what was finished is not done again."""

import signal
from typing import Any

import pytest

from backend.cli.runtime import with_units_of_work
from backend.core.scopes import FIRST
from backend.models.platform.job_requests import Queue
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.services.assistant.wiring import tool_service
from tests.fixtures.application import make_settings
from tests.fixtures.openai_server import KEY, MODEL, OpenAiServer
from tests.fixtures.processes import Server, StartServer
from tests.fixtures.waiting import wait_until
from tests.fixtures.workers import StartWorker
from tests.fixtures.workflow_runs import crew, task

Json = dict[str, Any]
# A lease has to run out before another worker takes over.
PATIENCE = 60
TITLE = "Call Grace about the killed worker"


@pytest.fixture
def settings(fresh_database_url: str, provider: OpenAiServer) -> dict[str, str]:
    return {
        "DATABASE_URL": fresh_database_url,
        "MODEL_PROVIDER": "openai",
        "MODEL_NAME": MODEL,
        "MODEL_RETRIES": "0",
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": f"{provider.url}/v1",
    }


@pytest.fixture
def server(start_server: StartServer, settings: dict[str, str], fresh_database_url: str) -> Server:
    """It knows all tools, and runs no jobs."""

    async def register(uow: SqlUnitOfWorkFactory) -> None:
        await tool_service(uow).register(FIRST)

    server = start_server("--no-worker", **settings)
    with_units_of_work(make_settings(fresh_database_url), register)
    return server


def test_a_killed_worker_repeats_no_finished_step_and_creates_nothing_twice(
    server: Server,
    start_worker: StartWorker,
    settings: dict[str, str],
    provider: OpenAiServer,
) -> None:
    headers = server.sign_in()
    definition = crew(task("one"), task("two"), task("three"), tools=("create_task",))
    asked = {"kind": "crew", "inputs": {"definition": definition}}
    made = server.post("/api/v1/executions", json=asked, headers=headers).raise_for_status().json()
    path = f"/api/v1/executions/{made['id']}"
    provider.say("First.")
    provider.call("create_task", {"title": TITLE})
    provider.hang()
    worker = start_worker("--queues", Queue.EXECUTIONS, **settings)
    wait_until(lambda: len(provider.requests) == 3)

    worker.stop(signal.SIGKILL)

    provider.release()
    provider.call("create_task", {"title": TITLE})
    provider.say("Second.")
    provider.say("Third.")
    start_worker("--queues", f"{Queue.EXECUTIONS},{Queue.MAINTENANCE}", **settings)

    def read() -> Json:
        found: Json = server.get(path, headers).raise_for_status().json()
        return found

    wait_until(lambda: bool(read()["finished_at"]))
    done = read()
    assert (done["status"], done["attempts"], done["error"]) == ("completed", 2, None)
    texts = {name: each["text"] for name, each in done["result"]["results"].items()}
    assert texts == {"one": "First.", "two": "Second.", "three": "Third."}
    assert len(provider.requests) == 6
    found = server.get("/api/v1/tasks?q=killed", headers).json()["items"]
    assert [each["title"] for each in found] == [TITLE]
