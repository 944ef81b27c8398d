"""What an event stream consists of, said so that Schemathesis holds each event against it.

The document says it for generators and mocks: see `backend/api/openapi_streams.py`.
"""

from typing import Any

Document = dict[str, Any]


def with_item_schemas(document: Document) -> Document:
    """The document, with the `itemSchema` of OpenAPI 3.2 in each stream."""
    operations = [each for path in document["paths"].values() for each in path.values()]
    for holder in [*operations, document["components"]]:
        for response in holder["responses"].values():
            for media in response.get("content", {}).values():
                if "x-events" in media:
                    events = media["x-events"].items()
                    media["itemSchema"] = {"anyOf": [_event(*event) for event in events]}
    return document


def _event(name: str, data: dict[str, str]) -> dict[str, Any]:
    told = {"type": "string", "contentMediaType": "application/json", "contentSchema": data}
    return {
        "type": "object",
        "properties": {"event": {"const": name}, "data": told},
        "required": ["event", "data"],
    }
