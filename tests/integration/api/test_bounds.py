"""Every input has a bound, and what is refused gets a short answer in a short time."""

import json
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute

from backend.api.routes import CheckedRoute
from tests.fixtures.people import Person
from tests.fixtures.walking import walk
from tests.integration.api.document import OPERATIONS, routes
from tests.integration.api.test_openapi import WITH_SCHEMA
from tests.integration.files.test_file_forms import END, FILE, MULTIPART, field, send

SHORT = 10_000
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
BOUNDED_FORMATS = {"uuid", "date", "date-time", "binary"}
BOUNDS = {"string": "maxLength", "array": "maxItems", "object": "maxProperties"}


def unbounded(schema: dict[str, Any], name: str, within: tuple[str, ...] = ()) -> Iterator[str]:
    """The places where a text, a list or an object may be as long as one likes."""
    if "$ref" in schema:
        model = schema["$ref"].removeprefix("#/components/schemas/")
        if model not in within:
            yield from unbounded(WITH_SCHEMA[model], model, (*within, model))
        return
    choices = [each for key in ("anyOf", "oneOf", "allOf") for each in schema.get(key, ())]
    # A decimal may be written as text; its digits are counted.
    is_decimal = any(each.get("type") == "number" for each in choices)
    for each in choices:
        if not (is_decimal and each.get("type") == "string"):
            yield from unbounded(each, name, within)
    types = schema.get("type", [])
    for kind in [types] if isinstance(types, str) else types:
        if kind in BOUNDS and BOUNDS[kind] not in schema and not is_bounded(kind, schema):
            yield f"{name}: {kind}"
    if "items" in schema:
        yield from unbounded(schema["items"], f"{name}[]", within)
    for key, value in schema.get("properties", {}).items():
        yield from unbounded(value, f"{name}.{key}", within)
    if isinstance(schema.get("additionalProperties"), dict):
        yield from unbounded(schema["additionalProperties"], f"{name}.*", within)


def is_bounded(kind: str, schema: dict[str, Any]) -> bool:
    if kind == "string":
        is_file = "contentMediaType" in schema
        return (
            is_file
            or {"enum", "const"} & set(schema) != set()
            or (schema.get("format") in BOUNDED_FORMATS)
        )
    return kind == "object" and not schema.get("additionalProperties")


@walk("operation", OPERATIONS)
def test_no_input_is_without_a_bound(operation: dict[str, Any]) -> None:
    bodies = operation.get("requestBody", {}).get("content", {}).values()
    found = [each for body in bodies for each in unbounded(body["schema"], "body")]
    for parameter in operation.get("parameters", []):
        found += unbounded(parameter["schema"], f"{parameter['in']} {parameter['name']}")

    assert found == []


def test_an_input_without_a_bound_would_be_found() -> None:
    lists = {"type": "array", "items": {"type": ["string", "null"]}}
    schema = {"type": "object", "properties": {"a": lists}, "additionalProperties": True}

    assert list(unbounded(schema, "b")) == ["b: object", "b.a: array", "b.a[]: string"]


def resource_routes() -> dict[str, APIRoute]:
    return {
        each.route.name: each.route
        for each in routes()
        if isinstance(each.route, APIRoute) and (each.path or "").startswith("/api/v1")
    }


@walk("route", resource_routes)
def test_every_resource_has_the_route_that_checks(route: APIRoute) -> None:
    assert isinstance(route, CheckedRoute)


def fields(count: int) -> str:
    return "{" + ",".join(f'"key{number}": 1' for number in range(count)) + "}"


def nested(depth: int) -> str:
    return '{"a":' * depth + "1" + "}" * depth


LIST = json.dumps([1] * 300_000)
HOSTILE = {
    "unknown fields": ("/tasks", fields(900), "first 20 of 901 errors"),
    "more fields than an object has": ("/tasks", fields(50_000), "1,000 fields"),
    "fields far within": ("/tasks", f'{{"checklist": [{fields(5_000)}]}}', "1,000 fields"),
    "a list": ("/tasks", LIST, "30,000 values"),
    "a list that is looked through": (
        "/executions",
        f'{{"kind": "export", "inputs": {{"resource": "tasks", "filters": {{"status": {LIST}}}}}}}',
        "30,000 values",
    ),
    "a list within the limit": (
        "/executions",
        json.dumps(
            {
                "kind": "export",
                "inputs": {"resource": "tasks", "filters": {"status": [1] * 25_000}},
            }
        ),
        "status",
    ),
    "many errors in many changes": (
        "/tasks/bulk",
        f'{{"changes": [{", ".join([fields(200)] * 60)}]}}',
        "first 20 of 12,120 errors",
    ),
    "objects in objects": ("/tasks", nested(600), "nested more than 500 deep"),
    "a long name": ("/tasks", json.dumps({"title": "a", "k" * 500_000: 1}), "kkk"),
    "a long text": ("/tasks", json.dumps({"title": "a", "status": "x" * 900_000}), "status"),
    "a long number": (
        "/products",
        json.dumps(
            {
                "sku": "a",
                "name": "b",
                "price": {"amount": "1" * 900_000, "currency": "EUR"},
            }
        ),
        "price.amount",
    ),
    "a name that stands twice": ("/tasks", '{"title": "a", "title": "b"}', "title"),
    "a name that stands twice far within": (
        "/tasks",
        '{"title": "a", "checklist": [{"text": "a", "text": "b"}]}',
        "text",
    ),
}


@pytest.mark.parametrize(("path", "body", "told"), HOSTILE.values(), ids=HOSTILE)
async def test_a_body_made_to_be_refused_gets_a_short_answer(
    member: Person, path: str, body: str, told: str
) -> None:
    answer = await member.post(path, content=body, headers=JSON)

    assert answer.status_code == 422
    assert told in answer.json()["detail"]
    assert 0 < len(answer.json()["errors"]) <= 20
    assert len(answer.content) < SHORT


async def test_a_stranger_is_not_listened_to(member: Person) -> None:
    for body in ("{", fields(50_000), LIST):
        answer = await member.client.post("/api/v1/tasks", content=body, headers=JSON)
        assert answer.status_code == 401


async def test_what_strangers_may_send_is_small(member: Person) -> None:
    path, body = "/api/v1/auth/refresh", json.dumps({"refresh_token": "x" * 70_000})

    answer = await member.client.post(path, content=body, headers=JSON)

    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("limit=1&limit=2", "limit"),
        ("q=a&status=open&status=done&q=a", "q"),
        ("sort=title&sort=-title", "sort"),
        ("unheard=1&unheard=1", "unheard"),
    ],
)
async def test_a_parameter_that_stands_twice_is_named(
    member: Person, query: str, name: str
) -> None:
    answer = await member.get(f"/tasks?{query}")

    assert answer.status_code == 422
    assert [error["loc"] for error in answer.json()["errors"]] == [["query", name]]


async def test_a_parameter_of_many_values_may_stand_twice(member: Person) -> None:
    assert (await member.get("/tasks?status=open&status=done")).status_code == 200
    assert (await member.get("/search?q=a&kind=tasks&kind=files")).status_code == 200


async def test_more_parameters_than_there_are_get_a_short_answer(member: Person) -> None:
    query = "&".join(f"parameter{number}=1" for number in range(1_000))

    answer = await member.get(f"/tasks?{query}")

    assert answer.status_code == 422
    assert len(answer.json()["errors"]) == 20
    assert len(answer.content) < SHORT


SECOND = FILE.replace(b"a.txt", b"b.txt").replace(b"Hello", b"Goodbye")


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (FILE + b"\r\n" + SECOND + END, "file"),
        ((FILE + b"\r\n") * 9 + SECOND + END, "file"),
        (FILE + field("task_id") + field("task_id") + END, "task_id"),
        (FILE + field("file", b"Hello") + END, "file"),
    ],
    ids=["two files", "ten files", "two ids", "a file and a text of its name"],
)
async def test_a_part_of_a_form_that_stands_twice_is_named(
    member: Person, body: bytes, name: str
) -> None:
    answer = await send(member, body)

    assert answer.status_code == 422
    assert [error["loc"] for error in answer.json()["errors"]] == [["body", name]]
    assert (await member.get("/files")).json()["items"] == []


async def test_a_plain_form_is_looked_at_as_well(member: Person) -> None:
    body = "username=a%40example.com&username=b%40example.com&password=c"

    answer = await member.client.post("/api/v1/auth/token", content=body, headers=FORM)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["body", "username"]


async def test_a_parser_says_why_it_can_not_read_a_form(member: Person) -> None:
    answer = await send(member, (FILE + b"\r\n") * 20 + END)

    assert answer.status_code == 400
    assert "Too many files" in answer.json()["detail"]


# From Python 3.13 on, the other raises what the parser expects.
@pytest.mark.parametrize(
    "charset", ["undefined", *(["punycode"] if sys.version_info < (3, 13) else [])]
)
async def test_a_form_that_is_no_text_in_its_charset_is_refused(
    member: Person, charset: str
) -> None:
    """These codecs of Python raise errors of their own."""
    answer = await send(member, FILE + field("x") + END, f"{MULTIPART}; charset={charset}")

    assert answer.status_code == 400
    assert "UTF-8" in answer.json()["detail"]


async def test_an_upload_without_room_for_it_is_the_servers_fault(
    member: Person, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is larger than a megabyte goes to the temporary folder."""
    monkeypatch.setattr(tempfile, "tempdir", "/nonexistent")

    answer = await send(member, FILE + b"x" * 2_000_000 + END)

    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "upload_not_spooled" in capsys.readouterr().err
