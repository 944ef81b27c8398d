"""The routes of the application and its OpenAPI document, for all that look at them."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.routing import RouteContext, iter_route_contexts

from backend.main import create_app
from tests.fixtures.application import make_settings

DOCUMENT: dict[str, Any] = json.loads(
    Path(__file__).parents[3].joinpath("openapi.json").read_text()
)
"""As it is committed, so that no process that collects tests has to make it."""


@cache
def application() -> FastAPI:
    """Made for the first test that asks."""
    return create_app(make_settings("postgresql:///unused"))


def routes() -> list[RouteContext]:
    return list(iter_route_contexts(application().routes))


def found(reference: str, document: dict[str, Any] = DOCUMENT) -> Any:
    """What a reference within the document leads to. Raises KeyError if that is nothing."""
    node: Any = document
    for key in reference.removeprefix("#/").split("/"):
        node = node[key]
    return node


def resolved(part: dict[str, Any], document: dict[str, Any] = DOCUMENT) -> dict[str, Any]:
    """The part itself, if it is not a reference."""
    return found(part["$ref"], document) if "$ref" in part else part


def _whole(operation: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """The operation, with what it shares with others in its place."""
    responses = {code: resolved(each, document) for code, each in operation["responses"].items()}
    for code, response in responses.items():
        shown = response.get("headers", {}).items()
        headers = {name: resolved(each, document) for name, each in shown}
        responses[code] = response | ({"headers": headers} if headers else {})
    shared: dict[str, Any] = {"responses": responses}
    if "parameters" in operation:
        shared["parameters"] = [resolved(each, document) for each in operation["parameters"]]
    return operation | shared


def operations_of(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """By method and path."""
    return {
        f"{method.upper()} {path}": _whole(operation, document)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }


OPERATIONS = operations_of(DOCUMENT)
