"""What Swagger UI shows, and what clients are generated from."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from backend.models.platform.base import metadata
from backend.models.platform.meanings import KEPT
from tests.fixtures.walking import walk
from tests.integration.api.document import DOCUMENT, OPERATIONS, application, resolved

WITH_SCHEMA = DOCUMENT["components"]["schemas"]
IN_PERSON: list[dict[str, list[str]]] = [{"SignIn": []}]
BY_KEY = [*IN_PERSON, {"ApiKey": []}]
each_operation = walk("operation", OPERATIONS)


def schemas(operation: dict[str, Any]) -> list[dict[str, Any]]:
    """The schemas of the request and of the successful answer, those of list items included."""
    successes = [answer for code, answer in operation["responses"].items() if code.startswith("2")]
    contents = [operation.get("requestBody", {}), *successes]
    found = [
        resolved(media["schema"])
        for content in contents
        for media in content.get("content", {}).values()
    ]
    items = [schema["properties"]["items"]["items"] for schema in found if is_page(schema)]
    return found + [resolved(item) for item in items]


def is_page(schema: dict[str, Any]) -> bool:
    return "next_cursor" in schema.get("properties", {})


def deletions() -> dict[str, dict[str, Any]]:
    """Of what other rows may keep, by table."""
    parents = {
        key.column.table.name
        for table in metadata.sorted_tables
        for key in table.foreign_keys
        if KEPT in key.parent.info
    }
    return {
        path.split("/")[3]: operation
        for name, operation in OPERATIONS.items()
        for method, path in [name.split()]
        if method == "DELETE" and path.count("/") == 4 and path.split("/")[3] in parents
    }


@walk("operation", deletions)
def test_a_deletion_that_other_rows_prevent_declares_the_conflict(operation: Any) -> None:
    assert "409" in operation["responses"]


def test_the_committed_document_is_that_of_the_code() -> None:
    # Their order counts as well, so that a change shows as little as it is.
    if json.dumps(DOCUMENT) != json.dumps(application().openapi()):
        pytest.fail("openapi.json is not what the code says: run `make openapi`", pytrace=False)


def test_the_document_is_valid() -> None:
    assert list(OpenAPIV31SpecValidator(DOCUMENT).iter_errors()) == []


@each_operation
def test_every_operation_is_described(operation: dict[str, Any]) -> None:
    assert operation["summary"]
    # What the summary says is not said again.
    assert not operation["description"].startswith(operation["summary"])
    sentence = operation["description"].split("\n\n")[-1]
    assert sentence.startswith(("Needs the permission", "For everybody", "Anybody"))
    assert operation["x-permission"]
    assert operation["tags"]


@each_operation
def test_every_operation_has_an_example(operation: dict[str, Any]) -> None:
    shapes = [shape for schema in schemas(operation) for shape in schema.get("oneOf", [schema])]
    in_schemas = any("examples" in resolved(shape) for shape in shapes)
    in_streams = "text/event-stream" in operation["responses"].get("200", {}).get("content", {})
    in_parameters = any("examples" in p["schema"] for p in operation.get("parameters", []))
    without_content = operation["responses"].keys() >= {"204"} and not operation.get("parameters")

    # That of a stream is tested with what it tells of.
    assert in_schemas or in_streams or in_parameters or without_content


@each_operation
def test_every_operation_declares_its_problems(operation: dict[str, Any]) -> None:
    declared = {code for code in operation["responses"] if code >= "400"}

    assert "default" in declared
    for code in declared:
        (media,) = operation["responses"][code]["content"]
        assert media == "application/problem+json"


@each_operation
def test_guarded_operations_declare_401(operation: dict[str, Any]) -> None:
    access = operation["x-permission"]
    ways = {"public": [], "in person": IN_PERSON, "users:write": IN_PERSON}

    assert operation.get("security", DOCUMENT["security"]) == ways.get(access, BY_KEY)
    if access != "public":
        assert {"401", "403"} <= operation["responses"].keys()


def titles(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("title"), str):
            yield node["title"]
        for key, child in node.items():
            if key not in {"example", "examples", "default", "properties"}:
                yield from titles(child)
        yield from titles(list(node.get("properties", {}).values()))
    elif isinstance(node, list):
        for child in node:
            yield from titles(child)


def test_a_schema_is_called_as_its_component() -> None:
    """openapi-python-client names classes by titles, and leaves out the second one of a name."""
    assert list(titles(DOCUMENT["paths"])) == []
    assert list(titles(DOCUMENT["components"])) == []


def test_what_is_sent_in_a_definition_is_what_is_answered() -> None:
    """Else Pydantic describes both, and clients can't send what they have read."""
    twins = {name.removesuffix("-Output") for name in WITH_SCHEMA if name.endswith("-Output")}

    # An amount may be sent as a number, and is answered as a text.
    assert twins == {"Money"} & {name.removesuffix("-Input") for name in WITH_SCHEMA}


def test_what_is_always_answered_has_no_default() -> None:
    both = [
        f"{name}.{field}"
        for name, schema in WITH_SCHEMA.items()
        for field in schema.get("required", ())
        if "default" in schema["properties"][field]
    ]

    assert both == []


@each_operation
def test_a_parameter_says_what_it_means_wherever_that_is_read(operation: dict[str, Any]) -> None:
    """Swagger UI reads it of the parameter, openapi-python-client of the schema."""
    for parameter in operation.get("parameters", []):
        assert parameter.get("description") == parameter["schema"].get("description")


@each_operation
def test_only_what_is_required_says_so(operation: dict[str, Any]) -> None:
    assert all(each.get("required", True) for each in operation.get("parameters", []))


def test_every_schema_is_used() -> None:
    text = json.dumps(DOCUMENT)

    assert [name for name in WITH_SCHEMA if f'"#/components/schemas/{name}"' not in text] == []


def test_the_document_does_not_say_where_it_is() -> None:
    assert DOCUMENT["servers"] == [{"url": "/"}]


def test_every_tag_is_described() -> None:
    described = {tag["name"] for tag in DOCUMENT["tags"] if tag["description"]}

    assert described == {tag for operation in OPERATIONS.values() for tag in operation["tags"]}


def test_every_operation_has_an_id_of_its_own() -> None:
    ids = [operation["operationId"] for operation in OPERATIONS.values()]

    assert len(ids) == len(set(ids))


@each_operation
def test_what_exists_already_is_found_like_what_is_created(operation: dict[str, Any]) -> None:
    """One that creates answers 200 for what was there before, and says where, too."""
    responses = operation["responses"]

    if {"200", "201"} <= responses.keys():
        assert "Location" in responses["200"]["headers"]


def test_a_taken_address_is_declared() -> None:
    assert "409" in OPERATIONS["POST /api/v1/auth/register"]["responses"]


@pytest.mark.parametrize("name", [name for name in WITH_SCHEMA if name.endswith("Public")])
def test_the_fields_of_an_answer_are_always_present(name: str) -> None:
    schema = WITH_SCHEMA[name]

    assert set(schema["required"]) == set(schema["properties"])


@pytest.mark.parametrize(
    "name", [name for name in WITH_SCHEMA if name.endswith(("Create", "Update", "Register"))]
)
def test_unknown_fields_are_ruled_out(name: str) -> None:
    assert WITH_SCHEMA[name]["additionalProperties"] is False


def test_no_answer_shows_a_password() -> None:
    for name, schema in WITH_SCHEMA.items():
        if name.endswith("Public"):
            assert not {"password", "password_hash"} & set(schema["properties"])


def test_the_frameworks_own_error_schema_is_gone() -> None:
    assert "HTTPValidationError" not in WITH_SCHEMA


def test_filters_are_documented_with_their_values() -> None:
    parameters = {p["name"]: p["schema"] for p in OPERATIONS["GET /api/v1/tasks"]["parameters"]}

    assert resolved(parameters["status"]["items"])["enum"] == [
        "open",
        "in_progress",
        "done",
        "cancelled",
    ]
    assert "-due_at" in resolved(parameters["sort"])["enum"]
