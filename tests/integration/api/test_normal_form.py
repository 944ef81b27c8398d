"""Requests in forms that clients and proxies give them: HEAD, slashes, repeated headers."""

import asyncio
import re
from typing import Any

import httpx2
import pytest
from fastapi.routing import APIRoute

from tests.fixtures.people import Person
from tests.fixtures.waiting import SECONDS
from tests.fixtures.walking import walk
from tests.integration.api.document import routes
from tests.integration.api.test_manners import metric
from tests.integration.files.test_files import attempt

ID = "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e01"
# They tell of this very request, or of time that has gone by.
OWN_HEADERS = {"x-request-id", "date"}
STREAMS = {
    "/api/v1/notifications/stream": "",
    "/api/v1/stream": "?notifications=true",
}
"""The paths of streams, and what has to be asked there."""

CONTRADICTIONS = {
    "Authorization": ("Bearer a", "Bearer b"),
    "Content-Type": ("application/json", "text/plain"),
    "Host": ("one.example", "two.example"),
    "Idempotency-Key": ("one", "two"),
    "If-Range": ('"1"', '"2"'),
    "Last-Event-ID": (ID, ID.replace("1", "2")),
    "Range": ("bytes=0-1", "bytes=2-3"),
}


async def asked(person: Person, method: str, path: str, **options: Any) -> Any:
    headers = {"Authorization": f"Bearer {person.token}", **options.pop("headers", {})}
    return await person.client.request(method, path, headers=headers, **options)


def comparable(answer: Any) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in OWN_HEADERS}


def gets() -> dict[str, str]:
    found = sorted(
        each.path.replace("{slug}", "not-found")
        for each in routes()
        if isinstance(each.route, APIRoute) and "GET" in (each.methods or ()) and each.path
    )
    return {path: path for path in found if path not in {"/metrics", *STREAMS}}


@walk("path", gets)
async def test_head_answers_what_get_does_but_for_the_body(admin: Person, path: str) -> None:
    path = re.sub(r"\{\w+\}", ID, path)

    got = await asked(admin, "GET", path)
    head = await asked(admin, "HEAD", path)

    assert head.status_code == got.status_code
    assert comparable(head) == comparable(got)
    assert head.content == b""


async def test_head_of_a_file_says_how_large_it_is(member: Person) -> None:
    file = (await attempt(member, b"Hello")).json()
    path = f"/api/v1/files/{file['id']}/content"

    whole = await asked(member, "HEAD", path)
    part = await asked(member, "HEAD", path, headers={"Range": "bytes=1-2"})

    assert (whole.status_code, whole.headers["Content-Length"]) == (200, "5")
    assert (part.status_code, part.headers["Content-Range"]) == (206, "bytes 1-2/5")
    assert whole.content == part.content == b""


@pytest.mark.parametrize("path", sorted(STREAMS))
async def test_head_of_a_stream_is_answered_at_once(viewer: Person, path: str) -> None:
    async with asyncio.timeout(SECONDS):
        answer = await asked(viewer, "HEAD", path + STREAMS[path])

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert answer.content == b""


async def test_head_where_nothing_can_be_read_is_refused(viewer: Person) -> None:
    answer = await asked(viewer, "HEAD", "/api/v1/auth/logout")

    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


async def test_head_is_counted_as_what_it_is(viewer: Person) -> None:
    name = 'http_requests_total{method="HEAD",route="/health/live",status="200"}'
    before = metric((await viewer.client.get("/metrics")).text, name)

    await viewer.client.head("/health/live")

    assert metric((await viewer.client.get("/metrics")).text, name) == before + 1


@pytest.mark.parametrize("path", ["/tasks/", "/tasks//", "/tasks/?limit=1"])
async def test_a_slash_at_the_end_changes_nothing(member: Person, path: str) -> None:
    answer = await member.get(path)

    assert answer.status_code == 200
    assert "items" in answer.json()


async def test_a_body_arrives_in_spite_of_a_slash(member: Person) -> None:
    task = await member.post("/tasks/", json={"title": "Ring the bell"})
    file = await member.post("/files/", files={"file": ("a.txt", b"Hello")})

    assert (task.status_code, file.status_code) == (201, 201)


@walk("path", {path: path for path in ("/", "/tasks/", "/docs/", "/api/v1/tasks/", "/nowhere/")})
async def test_no_answer_names_the_host_that_a_client_made_up(
    client: httpx2.AsyncClient, path: str
) -> None:
    headers = {"Host": "evil.example", "X-Forwarded-Host": "worse.example"}
    answer = await client.get(path, headers=headers)

    told = f"{answer.headers} {answer.text}"
    assert "evil.example" not in told
    assert "worse.example" not in told


@pytest.mark.parametrize("name", CONTRADICTIONS)
async def test_a_header_with_two_values_is_refused_by_name(member: Person, name: str) -> None:
    headers = [(name, value) for value in CONTRADICTIONS[name]]

    answer = await member.client.get("/api/v1/tasks", headers=headers)

    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["loc"][0] == "header"
    assert error["loc"][1].lower() == name.lower()
    assert error["loc"][1] in answer.json()["detail"]


async def test_a_header_that_says_the_same_twice_says_it_once(member: Person) -> None:
    token = ("Authorization", f"Bearer {member.token}")
    key = ("Idempotency-Key", "one-and-the-same")

    sent = [token, token, key, key]
    answer = await member.client.post("/api/v1/tasks", headers=sent, json={"title": "Once"})

    assert answer.status_code == 201


async def test_a_list_of_tags_may_come_in_several_lines(member: Person) -> None:
    task = (await member.post("/tasks", json={"title": "Lines"})).json()
    path, token = f"/api/v1/tasks/{task['id']}", ("Authorization", f"Bearer {member.token}")
    seen = [("If-None-Match", '"7"'), ("If-None-Match", '"1"')]
    match = [("If-Match", '"9"'), ("If-Match", '"1"')]

    read = await member.client.get(path, headers=[token, *seen])
    changed = await member.client.patch(path, headers=[token, *match], json={"title": "Changed"})

    assert read.status_code == 304
    assert changed.status_code == 200


async def test_what_is_accepted_may_come_in_several_lines(member: Person) -> None:
    token = ("Authorization", f"Bearer {member.token}")
    accepted = [("Accept", "application/json;q=0.5"), ("Accept", "text/csv")]

    answer = await member.client.get("/api/v1/tasks", headers=[token, *accepted])

    assert answer.headers["Content-Type"].startswith("text/csv")
