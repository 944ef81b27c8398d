"""The assistant in real processes, with a provider that can be held."""

import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx2
import psycopg
import pytest

from tests.fixtures.openai_server import KEY, MODEL, OpenAiServer
from tests.fixtures.processes import Server, StartServer
from tests.fixtures.waiting import wait_until

Json = dict[str, Any]
TEXT = {"text": "Create a task to call Grace"}


@pytest.fixture
def settings(fresh_database_url: str, provider: OpenAiServer) -> dict[str, str]:
    return {
        "DATABASE_URL": fresh_database_url,
        "SEED_ON_START": "true",
        "MODEL_PROVIDER": "openai",
        "MODEL_NAME": MODEL,
        "MODEL_RETRIES": "0",
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": f"{provider.url}/v1",
    }


@contextmanager
def signed_in(server: Server) -> Iterator[httpx2.Client]:
    with httpx2.Client(
        base_url=f"{server.url}/api/v1", headers=server.sign_in(), timeout=30
    ) as client:
        yield client


def begin_chat(client: httpx2.Client) -> str:
    answer = client.post("/chats", json={"title": "Mine"}).raise_for_status()
    return f"/chats/{answer.json()['id']}/messages"


def messages(client: httpx2.Client, path: str) -> list[Json]:
    found: list[Json] = client.get(path).raise_for_status().json()["items"]
    return found


def test_after_a_kill_the_message_is_there_and_the_same_key_answers_it_once(
    start_server: StartServer, settings: dict[str, str], provider: OpenAiServer
) -> None:
    """The first attempt has created the task when the server dies; the second creates no other."""
    settings |= {"ASSISTANT_SECONDS": "1"}
    headers = {"Idempotency-Key": "once"}
    provider.call("create_task", {"title": "Call Grace from the chat"})
    provider.hang()
    server = start_server(**settings)
    with signed_in(server) as client, ThreadPoolExecutor() as pool:
        path = begin_chat(client)
        asking = pool.submit(client.post, path, json=TEXT, headers=headers)
        wait_until(lambda: len(provider.requests) == 2)
        server.stop(signal.SIGKILL)
        assert isinstance(asking.exception(), httpx2.TransportError)
    provider.release()
    provider.call("create_task", {"title": "Call Grace from the chat"})
    provider.say("I have created it.")

    with signed_in(start_server(**settings)) as client:
        said, answer = messages(client, path)
        assert (said["text"], answer["status"]) == (TEXT["text"], "running")
        busy = client.post(path, json=TEXT, headers=headers)
        assert busy.status_code == 409
        _make_over(settings["DATABASE_URL"])
        again = client.post(path, json=TEXT, headers=headers)

        assert (again.status_code, again.json()["text"]) == (201, "I have created it.")
        assert again.json()["id"] == answer["id"]
        assert len(messages(client, path)) == 2
        found = client.get("/tasks", params={"q": '"Call Grace from the chat"'}).json()["items"]
        assert len(found) == 1


def _make_over(database_url: str) -> None:
    """As if the time of all answers were over: they may take 30 seconds beyond their limit."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "UPDATE chat_messages SET deadline_at = now() WHERE deadline_at IS NOT NULL"
        )


def test_a_client_that_goes_away_does_not_keep_the_answer_from_being_written(
    start_server: StartServer, settings: dict[str, str], provider: OpenAiServer
) -> None:
    provider.pause("Hel", "lo")
    with signed_in(start_server(**settings)) as client:
        path = begin_chat(client)
        with client.stream("POST", path, json=TEXT, headers={"Accept": "text/event-stream"}) as got:
            lines = got.iter_lines()
            wait_until(lambda: "Hel" in next(lines))
        provider.release()

        wait_until(lambda: messages(client, path)[-1]["status"] == "complete")
        assert messages(client, path)[-1]["text"] == "Hello"


def test_a_stop_interrupts_answers_and_keeps_what_there_is_of_them(
    start_server: StartServer, settings: dict[str, str], provider: OpenAiServer
) -> None:
    settings |= {"SHUTDOWN_SECONDS": "1"}
    provider.pause("Hel", "lo")
    server = start_server(**settings)
    with signed_in(server) as client, ThreadPoolExecutor() as pool:
        path = begin_chat(client)
        asking = pool.submit(client.post, path, json=TEXT)
        wait_until(lambda: len(provider.requests) == 1)
        begun = time.monotonic()

        assert server.stop() == 0

        assert time.monotonic() - begun < 10
        refused = asking.result()
        assert (refused.status_code, refused.json()["type"]) == (
            503,
            "/problems/model-unavailable",
        )
        assert int(refused.headers["retry-after"]) > 0
    with signed_in(start_server(**settings)) as client:
        answer = messages(client, path)[-1]
        assert (answer["status"], answer["text"]) == ("failed", "Hel")
        assert answer["error"] == "The answer was interrupted. Regenerate it."


def test_a_stop_ends_the_stream_of_an_answer_with_an_error(
    start_server: StartServer, settings: dict[str, str], provider: OpenAiServer
) -> None:
    provider.pause("Hel", "lo")
    server = start_server(**settings, SHUTDOWN_SECONDS="1")
    headers = {"Accept": "text/event-stream"}
    with signed_in(server) as client:
        path = begin_chat(client)
        with client.stream("POST", path, json=TEXT, headers=headers) as got:
            lines = got.iter_lines()
            wait_until(lambda: "Hel" in next(lines))

            server.process.terminate()

            # To its end: a connection that is broken off would be an error.
            rest = list(lines)

    assert "event: error" in rest
    assert "/problems/model-unavailable" in "".join(rest)
    assert server.process.wait(timeout=30) == 0


def test_a_stop_answers_a_request_that_it_interrupts(
    start_server: StartServer, settings: dict[str, str], provider: OpenAiServer
) -> None:
    provider.pause("Hel", "lo")
    server = start_server(**settings, SHUTDOWN_SECONDS="1")
    with signed_in(server) as client, ThreadPoolExecutor() as pool:
        asking = pool.submit(client.post, "/agent/act", json={"request": "Hello"})
        wait_until(lambda: len(provider.requests) == 1)

        assert server.stop() == 0

        refused = asking.result()
    assert (refused.status_code, refused.json()["type"]) == (503, "/problems/unavailable")
    assert refused.headers["content-type"] == "application/problem+json"
    assert int(refused.headers["retry-after"]) > 0
    assert refused.headers["x-request-id"] == refused.json()["request_id"]
    with psycopg.connect(settings["DATABASE_URL"]) as connection:
        # What was held for the answer is free again.
        held = connection.execute("SELECT count(*) FROM usage_records WHERE finished_at IS NULL")
        assert held.fetchone() == (0,)


def test_a_stop_answers_a_request_that_waits_for_a_lock(
    start_server: StartServer, settings: dict[str, str]
) -> None:
    server = start_server(**settings, SHUTDOWN_SECONDS="1")
    with signed_in(server) as client, ThreadPoolExecutor() as pool:
        made = client.post("/tasks", json={"title": "Locked"}).json()
        with psycopg.connect(settings["DATABASE_URL"]) as connection:
            connection.execute("SELECT 1 FROM tasks WHERE id = %s FOR UPDATE", [made["id"]])
            changing = pool.submit(client.patch, f"/tasks/{made['id']}", json={"title": "Mine"})
            time.sleep(0.3)

            assert server.stop() == 0

            refused = changing.result()
    assert (refused.status_code, refused.json()["type"]) == (503, "/problems/unavailable")
