"""The application and its OpenAPI document, made once for all that look at them."""

from typing import Any

from fastapi import FastAPI

from backend.main import create_app
from tests.fixtures.application import make_settings

APP: FastAPI = create_app(make_settings("postgresql:///unused"))
DOCUMENT: dict[str, Any] = APP.openapi()


def found(reference: str) -> Any:
    """What a reference within the document leads to. Raises KeyError if that is nothing."""
    node: Any = DOCUMENT
    for key in reference.removeprefix("#/").split("/"):
        node = node[key]
    return node


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """The part itself, if it is not a reference."""
    return found(part["$ref"]) if "$ref" in part else part


def _whole(operation: dict[str, Any]) -> dict[str, Any]:
    """The operation, with what it shares with others in its place."""
    responses = {code: resolved(each) for code, each in operation["responses"].items()}
    for code, response in responses.items():
        headers = {name: resolved(each) for name, each in response.get("headers", {}).items()}
        responses[code] = response | ({"headers": headers} if headers else {})
    shared: dict[str, Any] = {"responses": responses}
    if "parameters" in operation:
        shared["parameters"] = [resolved(each) for each in operation["parameters"]]
    return operation | shared


OPERATIONS = {
    f"{method.upper()} {path}": _whole(operation)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
}
"""By method and path."""
