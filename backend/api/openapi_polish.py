"""Simplifies the generated OpenAPI document for people and clients."""

import json
import re
from collections.abc import Iterator

from backend.api.openapi_components import Components
from backend.api.openapi_examples import Schema

_REFERENCE = re.compile(r"#/components/schemas/([\w.-]+)")

_SUCCESSES = {
    "200": "Done.",
    "201": "Created.",
    "202": "Accepted; the rest is done in the background.",
    "204": "Done; there is no content.",
}
_LOCATION = {"description": "Where to read what was created.", "schema": {"type": "string"}}
_ETAG = {"description": "The version in the response.", "schema": {"type": "string"}}
_REPLAYED = {
    "description": "`true` if the request was sent before: this is its first response.",
    "schema": {"type": "string"},
}


def polish_schemas(schemas: dict[str, Schema]) -> None:
    """Remove titles: clients then use the names of components, which are unique."""
    for schema in schemas.values():
        schema.pop("title", None)
        for name, field in schema.get("properties", {}).items():
            plain = _plain(field)
            # A required field needs no default.
            if name in schema.get("required", ()):
                plain.pop("default", None)
            schema["properties"][name] = plain


def drop_unused(document: Schema) -> None:
    """Remove schemas that only FastAPI uses internally."""
    schemas = document["components"]["schemas"]
    while unused := schemas.keys() - set(_REFERENCE.findall(json.dumps(document))):
        for name in unused:
            del schemas[name]


def polish_parameters(operation: Schema) -> None:
    """Remove null from parameters: they are sent or left out."""
    for parameter in operation.get("parameters", []):
        schema = _plain(parameter["schema"])
        if isinstance(schema.get("type"), list):
            schema["type"] = schema["type"][0]
        # Swagger UI reads it here, openapi-python-client there.
        if "description" in schema:
            parameter["description"] = schema["description"]
        if not parameter["required"]:
            del parameter["required"]
        parameter["schema"] = schema


def polish_responses(operation: Schema, components: Components, *, tagged: bool) -> None:
    responses = operation["responses"]
    sent = {parameter["name"] for parameter in operation.get("parameters", [])}
    creates_later = "202" in responses and "Idempotency-Key" in sent
    creates = "201" in responses or creates_later
    for status, response in responses.items():
        if response.get("description") == "Successful Response":
            response["description"] = _SUCCESSES[status]
        if status in {"200", "201", "202"}:
            headers = {
                "ETag": _ETAG if tagged else None,
                "Idempotency-Replayed": _REPLAYED if "Idempotency-Key" in sent else None,
                "Location": _LOCATION if creates else None,
            }
            if any(headers.values()):
                response["headers"] = {name: meant for name, meant in headers.items() if meant}
    if "If-None-Match" in sent:
        same = {"description": "Your copy is current.", "headers": {"ETag": _ETAG}}
        responses["304"] = components.refer("responses", "304", same)


def drop_titles(operation: Schema) -> None:
    """Remove titles of bodies and responses, which only repeat the name of the function."""
    for content in _contents(operation):
        for media in content.values():
            media.get("schema", {}).pop("title", None)


def _contents(operation: Schema) -> Iterator[Schema]:
    yield operation.get("requestBody", {}).get("content", {})
    for response in operation["responses"].values():
        yield response.get("content", {})


def _plain(schema: Schema) -> Schema:
    """Remove a title that only repeats the name, and write null as one more type."""
    plain = {name: value for name, value in schema.items() if name != "title"}
    match plain.get("anyOf"):
        case [{"type": kind} as otherwise, {"type": "null"}]:
            del plain["anyOf"]
            plain = {**otherwise, **plain, "type": [kind, "null"]}
    return plain
