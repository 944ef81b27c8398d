"""Every example of the document fits its own schema, and says all that an answer would."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
from jsonschema_rs import Draft202012, Draft202012Validator, Registry

from backend.api.openapi_examples import Examples
from tests.integration.api.document import DOCUMENT, OPERATIONS

URI = "urn:document"
REF = "#/components/schemas/"
REGISTRY = Registry([(URI, DOCUMENT)], draft=Draft202012)
STREAM = "text/event-stream"


class Example(NamedTuple):
    """A value, and the path of the schema that it has to fit."""

    schema: str
    value: Any


def examples(node: Any, path: str = "") -> Iterator[Example]:
    """Those of schemas, of bodies, of answers and of parameters below a part of the document."""
    if isinstance(node, list):
        for number, child in enumerate(node):
            yield from examples(child, f"{path}/{number}")
    if not isinstance(node, dict):
        return
    place = f"{path}/schema" if "schema" in node else path
    found = node.get("examples", [])
    values = [each["value"] for each in found.values()] if isinstance(found, dict) else found
    yield from (Example(place, value) for value in values)
    if "example" in node:
        yield Example(place, node["example"])
    for key, child in node.items():
        if key not in {"example", "examples", "default", "enum", "const"}:
            yield from examples(child, f"{path}/{key.replace('~', '~0').replace('/', '~1')}")


FOUND = list(examples(DOCUMENT))


def faults(example: Example) -> list[str]:
    validator = Draft202012Validator(
        {"$ref": f"{URI}#{quote(example.schema, safe='/~')}"},
        registry=REGISTRY,
        validate_formats=True,
    )
    return [error.message for error in validator.iter_errors(example.value)]


def test_every_json_body_has_an_example() -> None:
    bodies = {
        content["application/json"]["schema"].get("$ref", "#").removeprefix("#")
        for operation in OPERATIONS.values()
        if "application/json" in (content := operation.get("requestBody", {}).get("content", {}))
    }

    assert bodies - {""} <= {example.schema for example in FOUND}


def test_every_example_fits_its_schema() -> None:
    assert len(FOUND) > len(OPERATIONS)
    wrong = {example.schema: faults(example)[:2] for example in FOUND if faults(example)}

    assert wrong == {}


def test_an_example_that_does_not_fit_would_be_found() -> None:
    schema = "/components/schemas/FilePublic"
    example = DOCUMENT["components"]["schemas"]["FilePublic"]["examples"][0]
    incomplete = {name: value for name, value in example.items() if name != "module_id"}

    assert faults(Example(schema, example)) == []
    assert faults(Example(schema, example | {"id": "17"})) == ['"17" is not a "uuid"']
    assert faults(Example(schema, incomplete)) == ['"module_id" is a required property']


def test_a_part_has_no_example_beside_that_of_the_whole() -> None:
    schemas: dict[str, Any] = {
        "Cat": {"properties": {"paw": {"$ref": REF + "Paw"}}, "examples": [{"paw": {"claws": 5}}]},
        "Paw": {"properties": {"claws": {}}, "examples": [{"claws": 5}]},
        "Cats": {"properties": {"items": {"items": {"$ref": REF + "Cat"}}}},
    }
    document = {"paths": {"/cats": {"get": {"schema": {"$ref": REF + "Cats"}}}}}

    Examples(schemas).drop_hidden(document)

    assert [name for name, schema in schemas.items() if "examples" in schema] == ["Cat"]


def test_a_part_that_is_answered_alone_keeps_its_example() -> None:
    paw = {"properties": {"claws": {}}, "examples": [{"claws": 5}]}
    document = {"paths": {"/paws": {"get": {"schema": {"$ref": REF + "Paw"}}}}}

    Examples({"Paw": paw}).drop_hidden(document)

    assert paw["examples"] == [{"claws": 5}]


@pytest.mark.parametrize(
    "operation",
    [name for name, each in OPERATIONS.items() if STREAM in json.dumps(each["responses"])],
)
def test_every_stream_has_events_that_fit_its_schema(operation: str) -> None:
    code = next(code for code in OPERATIONS[operation]["responses"] if code.startswith("2"))
    media = OPERATIONS[operation]["responses"][code]["content"][STREAM]

    blocks = media["example"].removesuffix("\n\n").split("\n\n")
    for block in blocks:
        fields = dict(line.split(": ", 1) for line in block.splitlines())
        schema = media["x-events"][fields.get("event", "message")]["$ref"].removeprefix("#")
        assert faults(Example(schema, json.loads(fields["data"]))) == []
        # For mocks, which send the example as it stands, the whole stream has to fit as well.
        assert "type" not in DOCUMENT["components"]["schemas"][schema.rsplit("/", 1)[-1]]
    assert len(blocks) >= len(media["x-events"]) - ("error" in media["x-events"])
