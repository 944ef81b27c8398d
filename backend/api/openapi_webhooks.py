"""The section `webhooks` of the document: what receivers are sent, by type of event."""

from collections.abc import Iterator

from pydantic import BaseModel

from backend.api.openapi_components import Components
from backend.api.openapi_examples import Schema
from backend.models.webhooks.event_types import TEST
from backend.models.webhooks.incoming import IncomingBody
from backend.models.webhooks.payloads import envelopes

BODIES = envelopes()
MODELS: tuple[type[BaseModel], ...] = (*BODIES.values(), IncomingBody)
"""To be components of the document."""

_ID = """\
The id of the event, the same each time that it is sent: by it you know what you have handled."""
_TIMESTAMP = "When it was sent, in seconds since 1970. Refuse what is older than five minutes."
_SIGNATURE = """\
`v1,` and the signature of `{webhook-id}.{webhook-timestamp}.{body}` by HMAC-SHA256, in base64.
While a secret is being replaced, there are two with a space between them."""
_TAKEN = "2XX"
_ANSWERS = "You have it. After 410 the webhook is switched off; after all else it is sent again."
_HEADERS: dict[str, tuple[str, Schema]] = {
    "webhook-id": (_ID, {"type": "string", "format": "uuid"}),
    "webhook-timestamp": (_TIMESTAMP, {"type": "string", "pattern": "^[0-9]+$"}),
    "webhook-signature": (_SIGNATURE, {"type": "string"}),
}


def describe_webhooks(document: Schema, components: Components) -> None:
    """Add the section. The schemas of `MODELS` are components already."""
    parameters = [components.refer("parameters", each["name"], each) for each in _parameters()]
    document["webhooks"] = {
        event_type: {"post": _operation(event_type, _body(model, components), parameters)}
        for event_type, model in BODIES.items()
    }
    components.refer("responses", _TAKEN, {"description": _ANSWERS})


def _parameters() -> Iterator[Schema]:
    for name, (text, schema) in _HEADERS.items():
        yield {"name": name, "in": "header", "required": True, "description": text} | {
            "schema": schema
        }


def _body(model: type[BaseModel], components: Components) -> Schema:
    """A reference, as several types have the same body."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    return components.refer("requestBodies", model.__name__, body)


def _operation(event_type: str, body: Schema, parameters: list[Schema]) -> Schema:
    subject, _, verb = event_type.partition(".")
    happened = "You have asked for a test" if event_type == TEST else f"{subject}: {verb}"
    return {
        "tags": ["webhooks"],
        "operationId": f"on_{event_type.replace('.', '_')}",
        "summary": happened.capitalize(),
        "security": [],
        "parameters": parameters,
        "requestBody": body,
        "responses": {
            "2XX": {"$ref": f"#/components/responses/{_TAKEN}"},
        },
    }
