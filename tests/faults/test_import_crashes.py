"""The server is killed in the middle of an import that is all or nothing."""

import signal
from pathlib import Path

import psycopg
import pytest

from backend.cli.runtime import with_units_of_work
from backend.core.permissions import Role
from backend.core.scopes import SYSTEM
from backend.models.identity.users import User
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from tests.factories import make_user
from tests.faults.test_crash_safety import signed_in
from tests.fixtures.application import make_settings
from tests.fixtures.processes import StartServer
from tests.fixtures.waiting import wait_until

ROWS = 8_000
SETTINGS = {
    "SEED_ON_START": "false",
    "WORKER_STALLED_SECONDS": "4",
    "WORKER_HEARTBEAT_SECONDS": "1",
    "WORKER_SWEEP_SECONDS": "1",
}


@pytest.fixture
def person(fresh_database_url: str) -> User:
    user = make_user(role=Role.MEMBER)

    async def save(uow: SqlUnitOfWorkFactory) -> None:
        async with uow(SYSTEM) as unit:
            await unit.users.save(user)
            await unit.commit()

    with_units_of_work(make_settings(fresh_database_url), save)
    return user


def scalar(url: str, query: str) -> int:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


CUSTOMERS = "SELECT count(*) FROM customers"
NEW = "SELECT count(*) FROM customers WHERE name LIKE 'New %'"
CHANGED = "SELECT count(*) FROM customers WHERE name = 'Changed'"


def test_a_kill_while_an_import_writes_leaves_all_or_nothing(
    start_server: StartServer, fresh_database_url: str, person: User, tmp_path: Path
) -> None:
    server = start_server(DATABASE_URL=fresh_database_url, **SETTINGS)
    new = "".join(f"New {n},\n" for n in range(ROWS))
    content = f"name,email\nChanged,known@example.com\n{new}"
    with signed_in(server, person.email) as client:
        client.post("/api/v1/customers", json={"name": "Known", "email": "known@example.com"})
        file = client.post("/api/v1/files", files={"file": ("c.csv", content.encode())}).json()
        inputs = {"resource": "customers", "file_id": file["id"]}
        begun = client.post("/api/v1/executions", json={"kind": "import", "inputs": inputs})
        execution = f"/api/v1/executions/{begun.raise_for_status().json()['id']}"
        wait_until(lambda: "Writing" in str(client.get(execution).json()["progress_message"]))
        server.stop(signal.SIGKILL)

    left = scalar(fresh_database_url, NEW), scalar(fresh_database_url, CHANGED)
    assert left in {(0, 0), (ROWS, 1)}

    server = start_server(DATABASE_URL=fresh_database_url, **SETTINGS)
    with signed_in(server, person.email) as client:
        wait_until(lambda: client.get(execution).json()["status"] == "completed")
        result = client.get(execution).json()["result"]
    assert (result["created"], result["failed"]) == (ROWS, 0)
    assert scalar(fresh_database_url, CUSTOMERS) == ROWS + 1
    assert scalar(fresh_database_url, CHANGED) == 1
