"""Executions, run by the jobs that were deferred for them."""

import asyncio
import io

import pytest

from backend.models.background.executions import ExecutionStatus
from backend.models.platform.job_requests import Queue
from tests.fixtures.jobs import Jobs
from tests.fixtures.people import Person
from tests.fixtures.waiting import SECONDS

CSV = b"title\n" + b"".join(b"Call %d\n" % n for n in range(20_000))


@pytest.fixture
async def import_id(manager: Person) -> str:
    """An import that takes some seconds."""
    upload = {"file": ("tasks.csv", io.BytesIO(CSV), "text/csv")}
    file = (await manager.post("/files", files=upload)).json()
    inputs = {"resource": "tasks", "file_id": file["id"], "all_or_nothing": False}
    asked = await manager.post("/executions", json={"kind": "import", "inputs": inputs})
    assert asked.status_code == 202, asked.text
    return str(asked.json()["id"])


async def wait_for(person: Person, execution_id: str, *statuses: str) -> dict[str, object]:
    async with asyncio.timeout(SECONDS):
        while True:
            found = (await person.get(f"/executions/{execution_id}")).json()
            if found["status"] in statuses:
                return dict(found)
            await asyncio.sleep(0.02)


async def test_an_execution_whose_job_an_admin_stops_is_cancelled(
    manager: Person, admin: Person, jobs: Jobs, import_id: str
) -> None:
    async with jobs.supervisor(Queue.EXECUTIONS).running():
        running = await wait_for(manager, import_id, ExecutionStatus.RUNNING)
        await admin.post(f"/jobs/{running['job_id']}/cancel")

        ended = await wait_for(manager, import_id, ExecutionStatus.CANCELLED)

    assert ended["error"] == "An admin stopped its job."
    assert (await manager.post(f"/executions/{import_id}/retry")).status_code == 202
