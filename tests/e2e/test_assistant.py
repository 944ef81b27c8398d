"""The assistant in real processes, with a provider that can be held."""

import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx2
import psycopg
import pytest

from tests.fixtures.openai_server import KEY, MODEL, OpenAiServer
from tests.fixtures.processes import Server, StartServer

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


def until(met: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.02)


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
        until(lambda: len(provider.requests) == 2)
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
        connection.execute("UPDATE chat_messages SET over_at = now() WHERE over_at IS NOT NULL")


def test_a_client_that_goes_away_does_not_keep_the_answer_from_being_written(
    start_server: StartServer, settings: dict[str, str], provider: OpenAiServer
) -> None:
    provider.pause("Hel", "lo")
    with signed_in(start_server(**settings)) as client:
        path = begin_chat(client)
        with client.stream("POST", path, json=TEXT, headers={"Accept": "text/event-stream"}) as got:
            lines = got.iter_lines()
            until(lambda: "Hel" in next(lines))
        provider.release()

        until(lambda: messages(client, path)[-1]["status"] == "complete")
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
        until(lambda: len(provider.requests) == 1)
        begun = time.monotonic()

        assert server.stop() == 0

        assert time.monotonic() - begun < 10
        refused = asking.result()
        assert (refused.status_code, refused.json()["type"]) == (
            503,
            "/problems/model-unavailable",
        )
    with signed_in(start_server(**settings)) as client:
        answer = messages(client, path)[-1]
        assert (answer["status"], answer["text"]) == ("failed", "Hel")
        assert answer["error"] == "The answer was interrupted. Regenerate it."
