"""Makes the generated OpenAPI document say what it means in fewer words, for people and clients."""

from typing import Any

Schema = dict[str, Any]

_SUCCESSES = {
    "200": "Done.",
    "201": "Created.",
    "202": "Accepted; the rest is done in the background.",
    "204": "Done; there is no content.",
}
_LOCATION = {"description": "Where to read what was created.", "schema": {"type": "string"}}
_ETAG = {"description": "The version that is answered.", "schema": {"type": "string"}}
_REPLAYED = {
    "description": "`true` if the request came before: then this is its first answer.",
    "schema": {"type": "string"},
}
_NOT_MODIFIED = {"description": "What you have still holds.", "headers": {"ETag": _ETAG}}


def polish_schemas(schemas: dict[str, Schema]) -> None:
    for schema in schemas.values():
        for name, field in schema.get("properties", {}).items():
            schema["properties"][name] = _plain(field)
        # What is one of several has none of its own.
        if "examples" in schema and "properties" in schema:
            schema["examples"] = [_in_order(schema, example) for example in schema["examples"]]


def polish_parameters(operation: Schema) -> None:
    """A parameter is sent or left out; none can be null."""
    for parameter in operation.get("parameters", []):
        schema = _plain(parameter["schema"])
        if isinstance(schema.get("type"), list):
            schema["type"] = schema["type"][0]
        parameter["schema"] = schema


def polish_responses(operation: Schema, *, tagged: bool) -> None:
    responses = operation["responses"]
    sent = {parameter["name"] for parameter in operation.get("parameters", [])}
    creates_later = "202" in responses and "Idempotency-Key" in sent
    for status, response in responses.items():
        if response["description"] == "Successful Response":
            response["description"] = _SUCCESSES[status]
        for media in response.get("content", {}).values():
            _describe_stream(media)
        if status in {"200", "201", "202"}:
            headers = {
                "ETag": _ETAG if tagged else None,
                "Idempotency-Replayed": _REPLAYED if "Idempotency-Key" in sent else None,
                "Location": _LOCATION if status == "201" or creates_later else None,
            }
            if any(headers.values()):
                response["headers"] = {name: meant for name, meant in headers.items() if meant}
    if "If-None-Match" in sent:
        responses["304"] = _NOT_MODIFIED


def _describe_stream(media: Schema) -> None:
    """OpenAPI 3.1 has no word for what a stream consists of: describe one event of it."""
    if "itemSchema" in media:
        media["schema"] = media.pop("itemSchema")


def _plain(schema: Schema) -> Schema:
    """Without the title that only repeats the name, and with null as one more type."""
    plain = {name: value for name, value in schema.items() if name != "title"}
    match plain.get("anyOf"):
        case [{"type": kind} as otherwise, {"type": "null"}]:
            del plain["anyOf"]
            plain = {**otherwise, **plain, "type": [kind, "null"]}
    return plain


def _in_order(schema: Schema, example: dict[str, Any]) -> dict[str, Any]:
    """The example as an answer has it: Pydantic sorts its keys, and FastAPI drops its nulls."""
    required = schema.get("required", [])
    fields = [name for name in schema["properties"] if name in example or name in required]
    return {name: example.get(name) for name in fields}
