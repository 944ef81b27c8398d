"""Describes event streams so that generators type the events, and mocks can answer.

OpenAPI 3.1 has one schema for the whole stream, which is a text. Generators take it for the schema
of an event's data, and mocks send the example verbatim. So the schema is that of the data, but
without a `type`, so that the example, a text, is valid too.
"""

import json
from collections.abc import Mapping
from typing import Any

from backend.api.openapi_examples import Examples, Schema

_REF = "#/components/schemas/"
_EVENTS = "x-events"
_ERROR = "error"
_MESSAGE = "message"
"""The name of an event that has none."""


def describe_streams(responses: Schema, schemas: dict[str, Schema], examples: Examples) -> None:
    for response in responses.values():
        for media in response.get("content", {}).values():
            item = media.pop("itemSchema", None)
            if _EVENTS in media:
                media.update(_stream(media[_EVENTS], schemas, examples))
            elif item:
                reference = item["properties"]["data"]["contentSchema"]["$ref"]
                media.update(_stream({_MESSAGE: reference.removeprefix(_REF)}, schemas, examples))


def content_of_stream(models: Mapping[str, type]) -> Schema:
    """Return the content of a streaming response, by the name of each event."""
    return {_EVENTS: {name: model.__name__ for name, model in models.items()}}


def _stream(models: dict[str, str], schemas: dict[str, Schema], examples: Examples) -> Schema:
    references = {event: _data_of(model, schemas) for event, model in models.items()}
    choices = list(references.values())
    return {
        "schema": choices[0] if len(choices) == 1 else {"anyOf": choices},
        "example": "".join(
            _example_of(event, examples.of(name))
            for event, name in models.items()
            if event != _ERROR
        ),
        _EVENTS: references,
    }


def _data_of(model: str, schemas: dict[str, Schema]) -> Schema:
    """Return a copy of the model's component without a type."""
    name = f"{model}Event"
    schemas[name] = {key: value for key, value in schemas[model].items() if key != "type"}
    return {"$ref": _REF + name}


def _example_of(event: str, data: Any) -> str:
    first = f"id: {data.get('version', data['id'])}" if event == _MESSAGE else f"event: {event}"
    return f"{first}\ndata: {json.dumps(data)}\n\n"
