"""The OpenAPI document: FastAPI's own, with the problems and the permission of each operation."""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from backend.api import problems
from backend.api.deps import OwnWith, Requires, any_caller, bearer, in_person, is_public, signed_in
from backend.api.etags import cached_tag, tag
from backend.api.kept_content import KeptContent
from backend.api.openapi_components import Components, share_repeated
from backend.api.openapi_examples import Examples
from backend.api.openapi_polish import (
    drop_titles,
    drop_unused,
    polish_parameters,
    polish_responses,
    polish_schemas,
)
from backend.api.openapi_problems import declared_in, refer_to_problems
from backend.api.openapi_streams import describe_streams
from backend.api.openapi_webhooks import MODELS, describe_webhooks
from backend.api.problems import Problem, ProblemType
from backend.api.routes import calls_of
from backend.core.api_keys import KEY_PATTERN
from backend.core.permissions import Permission
from backend.models.assistant.stream_events import REPLY_EVENTS
from backend.models.notifications.combined_stream import StreamGone, StreamStarted

Operation = dict[str, Any]

_KEY_SCHEME = {
    "ApiKey": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": KEY_PATTERN,
        "description": "An API key, made by `POST /api/v1/api-keys`. Sign in, or use a key.",
    }
}
_STREAMED: Sequence[type[BaseModel]] = (*REPLY_EVENTS.values(), StreamStarted, StreamGone)
_FIRST_SENTENCE = re.compile(r"\.(?:\s|$)")


def use_documented_openapi(app: FastAPI) -> None:
    """Make the app serve the document of `build_openapi`, built once."""

    def openapi() -> dict[str, Any]:
        app.openapi_schema = app.openapi_schema or build_openapi(app)
        return app.openapi_schema

    def content() -> bytes:
        # Only the bytes of the document are kept: as objects it takes ten times the memory.
        document = app.openapi_schema or build_openapi(app)
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()

    app.openapi = openapi  # type: ignore[method-assign]  # the way FastAPI documents
    served = KeptContent(content, "application/json")
    app.add_route("/openapi.json", served.answer, include_in_schema=False)


def build_openapi(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        tags=app.openapi_tags,
        license_info=app.license_info,
        # Relative to the address of the document, whatever host the request named.
        servers=[{"url": "/"}],
    )
    schemas = document["components"]["schemas"]
    document["components"]["securitySchemes"] |= _KEY_SCHEME
    # Of every operation that does not say otherwise.
    document["security"] = [{name: []} for name in (bearer.scheme_name, *_KEY_SCHEME)]
    for name, schema in _schemas_of(Problem, *_STREAMED, *MODELS).items():
        schemas.setdefault(name, schema)
    examples = Examples(schemas)
    examples.complete(document)
    components = Components(document)
    for route in iter_route_contexts(app.routes):
        if not isinstance(route.route, APIRoute) or not route.include_in_schema:
            continue
        for method in route.methods or ():
            operation = document["paths"][route.path][method.lower()]
            calls = list(calls_of(route.dependant))
            tagged = cached_tag in calls or tag in calls
            access = access_of(route.dependant)
            _complete(operation, access, components, tagged=tagged)
            _admit_keys(operation, access, calls)
            describe_streams(operation["responses"], schemas, examples)
    describe_webhooks(document, components)
    polish_schemas(schemas)
    examples.drop_hidden(document)
    share_repeated(document, components)
    drop_unused(document)
    components.sort()
    return document


def _schemas_of(*models: type[BaseModel]) -> dict[str, Any]:
    """The schemas of models that no route uses directly."""
    outputs: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        (model, "serialization") for model in models
    ]
    template = "#/components/schemas/{model}"
    _, schema = models_json_schema(outputs, ref_template=template)
    found: dict[str, Any] = schema["$defs"]
    return found


def access_of(dependant: Dependant) -> str | None:
    """Return the access of a route: a permission, `signed in`, `in person`, `public`, or None."""
    calls = list(calls_of(dependant))
    for call in calls:
        if isinstance(call, Requires):
            return call.permission.value
    if in_person in calls:
        return "in person"
    if signed_in in calls or any_caller in calls or _own_permissions(calls):
        return "signed in"
    return "public" if is_public in calls else None


def _own_permissions(calls: Iterable[Any]) -> tuple[Permission, ...]:
    """Return those with which a narrowed API key reaches what is private to its user."""
    return next((call.permissions for call in calls if isinstance(call, OwnWith)), ())


def _complete(
    operation: Operation, access: str | None, components: Components, *, tagged: bool
) -> None:
    operation["x-permission"] = access
    if access == "public":
        operation["security"] = []
    _describe(operation, access)
    polish_parameters(operation)
    drop_titles(operation)
    responses = operation["responses"]
    refer_to_problems(
        responses, {*declared_in(responses), *_possible(operation, access)}, components
    )
    polish_responses(operation, components, tagged=tagged)
    operation["responses"] = dict(sorted(responses.items()))


def _admit_keys(operation: Operation, access: str | None, calls: Collection[Any]) -> None:
    """Let API keys call an operation as the others are called, or say which of them may not."""
    needed = next((call.permission for call in calls if isinstance(call, Requires)), None)
    if access == "in person" or (needed and needed.in_person):
        operation["description"] += " No API key may call it."
    elif access != "public":
        del operation["security"]
    if own := _own_permissions(calls):
        names = " or ".join(f"`{each}`" for each in own)
        operation["description"] += f" An API key that is narrowed needs {names}."
    if any_caller in calls:
        operation["description"] += " An API key that is narrowed reaches what it has started."


def _describe(operation: Operation, access: str | None) -> None:
    """Split a docstring into summary and description, and add who may call it."""
    everybody = "For everybody who is signed in."
    needs = {"public": "Anybody may call this.", "signed in": everybody, "in person": everybody}
    sentence = needs.get(access or "", f"Needs the permission `{access}`.")
    summary, *rest = _FIRST_SENTENCE.split(operation.get("description", ""), maxsplit=1)
    operation["summary"] = summary.replace("\n", " ")
    operation["description"] = "\n\n".join([*rest, sentence]).strip()


def _possible(operation: Operation, access: str | None) -> Iterator[ProblemType]:
    """Return the problems that a request of this shape may meet."""
    places = {parameter["in"] for parameter in operation.get("parameters", [])}
    names = {parameter["name"] for parameter in operation.get("parameters", [])}
    has_body = "requestBody" in operation
    if access != "public":
        yield from (problems.NOT_AUTHENTICATED, problems.PERMISSION_DENIED)
    if "path" in places:
        yield problems.NOT_FOUND
    if "If-Match" in names:
        yield from (problems.PRECONDITION_FAILED, problems.PRECONDITION_REQUIRED)
    if "Idempotency-Key" in names:
        yield from (problems.STILL_RUNNING, problems.KEY_REUSED)
    if "cursor" in names:
        yield problems.INVALID_CURSOR
    if has_body:
        yield from (problems.BAD_REQUEST, problems.TOO_LARGE)
    if places or has_body:
        yield problems.INVALID_INPUT
