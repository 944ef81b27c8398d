"""Bad input gets a clear error that names the field, never a 500."""

import base64
import json
from typing import Any

import pytest

from tests.fixtures.people import Person

JSON = {"Content-Type": "application/json"}
LONG = "x" * 10_001
BAD_TASKS: list[tuple[dict[str, Any], list[Any]]] = [
    ({}, ["body", "title"]),
    ({"title": None}, ["body", "title"]),
    ({"title": ""}, ["body", "title"]),
    ({"title": "   "}, ["body", "title"]),
    ({"title": 7}, ["body", "title"]),
    ({"title": "x" * 201}, ["body", "title"]),
    ({"title": "a\x00b"}, ["body", "title"]),
    ({"title": "x", "description": None}, ["body", "description"]),
    ({"title": "x", "description": LONG}, ["body", "description"]),
    ({"title": "x", "description": "\x00"}, ["body", "description"]),
    ({"title": "x", "titel": "y"}, ["body", "titel"]),
    ({"title": "x", "id": "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e01"}, ["body", "id"]),
    ({"title": "x", "completed_at": "2026-01-01T00:00:00Z"}, ["body", "completed_at"]),
    ({"title": "x", "status": "finished"}, ["body", "status"]),
    ({"title": "x", "status": None}, ["body", "status"]),
    ({"title": "x", "priority": "URGENT"}, ["body", "priority"]),
    ({"title": "x", "due_at": "2026-01-01T00:00:00"}, ["body", "due_at"]),
    ({"title": "x", "due_at": "tomorrow"}, ["body", "due_at"]),
    ({"title": "x", "due_at": "9999-12-31T23:59:59-01:00"}, ["body", "due_at"]),
    ({"title": "x", "due_at": "99999-01-01T00:00:00Z"}, ["body", "due_at"]),
    ({"title": "x", "due_at": 1e300}, ["body", "due_at"]),
    ({"title": "x", "due_at": 1_800_000_000}, ["body", "due_at"]),
    ({"title": "x", "due_at": "1800000000"}, ["body", "due_at"]),
    ({"title": "x", "due_at": False}, ["body", "due_at"]),
    (
        {"title": "x", "checklist": [{"text": "y", "is_done": 0}]},
        ["body", "checklist", 0, "is_done"],
    ),
    ({"title": "x", "assignee_id": "me"}, ["body", "assignee_id"]),
    ({"title": "x", "customer_id": 1}, ["body", "customer_id"]),
]
BAD_CUSTOMERS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["body", "name"]),
    ({"name": "x", "email": "no address"}, ["body", "email"]),
    ({"name": "x", "email": "a\x00@example.com"}, ["body", "email"]),
    ({"name": "x", "phone": "call me"}, ["body", "phone"]),
    ({"name": "x", "company": ""}, ["body", "company"]),
    ({"name": "x", "status": "lost"}, ["body", "status"]),
    ({"name": "x", "notes": LONG}, ["body", "notes"]),
    ({"name": "x", "owner_id": "me"}, ["body", "owner_id"]),
]
NO_NULLS = ["title", "description", "status", "priority"]


@pytest.mark.parametrize(("body", "loc"), BAD_TASKS)
async def test_a_bad_task_names_the_field(
    member: Person, body: dict[str, Any], loc: list[Any]
) -> None:
    answer = await member.post("/tasks", json=body)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == loc
    assert loc[-1] in answer.json()["detail"]


@pytest.mark.parametrize(("body", "loc"), BAD_CUSTOMERS)
async def test_a_bad_customer_names_the_field(
    member: Person, body: dict[str, Any], loc: list[str]
) -> None:
    answer = await member.post("/customers", json=body)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == loc


@pytest.mark.parametrize("field", NO_NULLS)
async def test_a_field_that_must_be_there_can_not_be_set_to_null(
    member: Person, field: str
) -> None:
    task = (await member.post("/tasks", json={"title": "x"})).json()

    answer = await member.patch(f"/tasks/{task['id']}", json={field: None})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["body", field]
    assert (await member.get(f"/tasks/{task['id']}")).json() == task


async def test_a_field_that_may_be_missing_can_be_set_to_null(member: Person) -> None:
    body = {"title": "x", "due_at": "2026-01-01T00:00:00Z"}
    task = (await member.post("/tasks", json=body)).json()

    answer = await member.patch(f"/tasks/{task['id']}", json={"due_at": None})

    assert answer.json()["due_at"] is None


@pytest.mark.parametrize("due_at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"])
async def test_the_farthest_dates_are_kept(member: Person, due_at: str) -> None:
    created = (await member.post("/tasks", json={"title": "x", "due_at": due_at})).json()

    assert created["due_at"] == due_at
    listed = (await member.get("/tasks", params={"sort": "due_at"})).json()["items"]
    assert listed == [created]


async def test_any_other_text_is_kept_as_it_is(member: Person) -> None:
    text = "Ünïcødé 🎉 \u202e '; DROP TABLE tasks; -- <script>\r\n\t\ufeff\x01"
    created = (await member.post("/tasks", json={"title": "x", "description": text})).json()

    assert created["description"] == text


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b'{"title": "\\ud800"}', 422),
        (b'{"title": ', 422),
        (b"", 422),
        (b"null", 422),
        (b"[]", 422),
        (b'"title"', 422),
        (b'{"title": "\xff"}', 400),
        (b'{"title": ' + b"[" * 100_000, 400),
        (b'{"title": ' + b"1" * 5000 + b"}", 400),
    ],
)
async def test_a_body_that_is_no_sound_json_is_refused(
    member: Person, content: bytes, status: int
) -> None:
    answer = await member.post("/tasks", content=content, headers=JSON)

    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"


async def test_a_name_that_no_answer_can_hold_is_refused_all_the_same(member: Person) -> None:
    content = b'{"title": "x", "\\ud800": 1, "\\ud800": 2}'

    answer = await member.post("/tasks", content=content, headers=JSON)

    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert (error["type"], error["loc"]) == ("repeated", ["body", "?"])


@pytest.mark.parametrize("path", ["/tasks", "/tasks/bulk"])
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", None])
async def test_a_body_of_another_type_is_refused_with_the_type_to_send(
    member: Person, path: str, kind: str | None
) -> None:
    headers = {"Content-Type": kind} if kind else {}

    answer = await member.post(path, content=b'{"title": "x"}', headers=headers)

    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["loc"] == ["header", "Content-Type"]
    assert error["msg"] == "Send the body as JSON, with Content-Type: application/json."
    assert answer.json()["detail"].endswith(": Content-Type.")


@pytest.mark.parametrize("path", ["/auth/token", "/files"])
async def test_a_body_that_is_no_form_is_refused_with_the_types_to_send(
    member: Person, path: str
) -> None:
    answer = await member.post(path, json={"username": "x", "password": "y"})

    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["loc"] == ["header", "Content-Type"]
    assert error["msg"].startswith("Send the body as a form, with Content-Type: multipart/")


@pytest.mark.parametrize("path", ["/tasks/x", "/tasks/1", "/customers/x", "/tasks/%00"])
async def test_an_id_that_is_no_uuid_is_named(member: Person, path: str) -> None:
    answer = await member.get(path)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"][0] == "path"


@pytest.mark.parametrize("value", ["%00", "a%00b"])
async def test_a_filter_with_nul_is_named(member: Person, value: str) -> None:
    answer = await member.get(f"/files?media_type={value}")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"][:2] == ["query", "media_type"]


async def test_a_cursor_with_a_number_that_no_column_holds_is_refused(member: Person) -> None:
    content = ["modules", "position", 2**40, "01976d5e-8f60-7c3a-9b52-5d1f0a6c7e01"]
    cursor = base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")

    assert (await member.get("/modules", params={"cursor": cursor})).status_code == 400


FORMS: list[tuple[str, dict[str, Any], dict[str, str], str]] = [
    ("/customers", {"name": "x", "phone": "call me"}, {}, "telephone number"),
    ("/products", {"sku": "A B"}, {}, "English letters, digits"),
    ("/schemas", {"name": "Has Blanks"}, {}, "begin with a lower-case letter"),
    ("/prompts", {"name": "Has Blanks"}, {}, "begin with a lower-case letter"),
    ("/tasks", {"title": "x"}, {"Idempotency-Key": "two words"}, "no spaces"),
]


@pytest.mark.parametrize(("path", "body", "headers", "words"), FORMS)
async def test_a_text_of_another_form_is_refused_in_words(
    admin: Person, path: str, body: dict[str, Any], headers: dict[str, str], words: str
) -> None:
    answer = await admin.post(path, json=body, headers=headers)

    assert answer.status_code == 422
    messages = [error["msg"] for error in answer.json()["errors"]]
    assert any(words in message for message in messages)
    assert not any("pattern" in message for message in messages)
