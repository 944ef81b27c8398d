"""Workers are killed between sending and writing it down; nothing is lost for it."""

import signal
import time
from typing import Any

import psycopg

from backend.seeds.users import ADMIN
from tests.fixtures.processes import START_SECONDS, Server, StartServer
from tests.fixtures.receiver import Receiver, taking
from tests.fixtures.waiting import wait_until
from tests.fixtures.workers import StartWorker

NETWORKS = {"WEBHOOKS_ALLOWED_NETWORKS": "127.0.0.0/8"}


def deliveries(server: Server, headers: dict[str, str], webhook_id: str) -> list[dict[str, Any]]:
    answer = server.get(f"/api/v1/webhooks/{webhook_id}/deliveries", headers)
    found: list[dict[str, Any]] = answer.raise_for_status().json()["items"]
    return found


def test_a_worker_that_is_killed_after_sending_sends_again_with_the_same_id(
    start_server: StartServer,
    start_worker: StartWorker,
    fresh_database_url: str,
    receiver: Receiver,
) -> None:
    settings = {"DATABASE_URL": fresh_database_url, **NETWORKS}
    server = start_server("--no-worker", **settings)
    headers = server.sign_in(ADMIN.email)
    given = {"url": receiver.url, "event_types": ["task.created"]}
    made = server.post("/api/v1/webhooks", headers=headers, json=given).raise_for_status().json()
    receiver.hang(taking)
    server.post("/api/v1/tasks", headers=headers, json={"title": "Call"}).raise_for_status()

    killed = start_worker("--queues", "events,webhooks", **settings)
    wait_until(lambda: len(receiver.requests) >= 1)
    killed.stop(signal.SIGKILL)
    receiver.release()
    with psycopg.connect(fresh_database_url, autocommit=True) as connection:
        # As if the claim of the killed process had run out.
        connection.execute("UPDATE webhook_queues SET claimed_until = now()")
    start_worker("--queues", "events,webhooks,maintenance", **settings)

    wait_until(lambda: len(receiver.requests) >= 2)
    first, second = receiver.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.content == second.content
    deadline = time.monotonic() + START_SECONDS
    while [each["status"] for each in deliveries(server, headers, made["id"])] != ["delivered"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
