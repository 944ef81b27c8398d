"""No list is forgotten where lists are registered: `world.py` says what one is left out of."""

import json
from functools import cache
from typing import Any

import pytest

from backend.models.exchange.sheets import SheetResource
from backend.models.search.search import SearchKind
from backend.repositories.sql.search.search import SOURCES
from backend.services.exchange.imports.resources import RESOURCES
from tests.fixtures.processes import ROOT
from tests.world import EXAMPLES, Shared

WRITTEN_BY_THE_SYSTEM = {
    "/api/v1/audit",
    "/api/v1/auth/sessions",
    "/api/v1/impersonations",
    "/api/v1/jobs",
}
OF_NOTICES = {"/api/v1/notifications"}
OF_CREDENTIALS = {"/api/v1/api-keys", "/api/v1/auth/identities", "/api/v1/auth/passkeys"}


@cache
def document() -> dict[str, Any]:
    read: dict[str, Any] = json.loads((ROOT / "openapi.json").read_text("utf-8"))
    return read


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        *_, section, name = node["$ref"].split("/")
        node = document()["components"][section][name]
    return node


def content(path: str) -> dict[str, Any]:
    """What a GET of the path answers, by media type."""
    operation = document()["paths"][path].get("get", {})
    answered: dict[str, Any] = resolved(operation.get("responses", {}).get("200", {}))
    media: dict[str, Any] = answered.get("content", {})
    return media


def parameters(path: str) -> set[str]:
    return {resolved(each)["name"] for each in document()["paths"][path]["get"]["parameters"]}


def is_list(path: str) -> bool:
    schema = resolved(content(path).get("application/json", {}).get("schema", {}))
    properties: dict[str, Any] = schema.get("properties", {})
    return {"items", "next_cursor"} <= properties.keys()


LISTS = sorted(path for path in document()["paths"] if is_list(path))


def shared_by(path: str) -> set[Shared]:
    """What the list of a resource is in."""
    name = path.rsplit("/", 1)[1]
    found = {
        Shared.QUERY: "q" in parameters(path),
        Shared.CSV: "text/csv" in content(path),
        Shared.SEARCH: name in set(SearchKind),
        Shared.SHEETS: name in set(SheetResource),
    }
    return {feature for feature, is_in in found.items() if is_in}


def test_every_list_can_be_counted() -> None:
    assert 3 * len(LISTS) > 4 * len(EXAMPLES)
    assert [path for path in LISTS if "total" not in parameters(path)] == []


def test_every_list_of_its_own_is_an_example_or_written_by_the_system() -> None:
    own = {path for path in LISTS if "{" not in path}

    assert (
        own == {each.url for each in EXAMPLES} | WRITTEN_BY_THE_SYSTEM | OF_NOTICES | OF_CREDENTIALS
    )


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.path)
def test_a_list_is_in_every_shared_table_that_it_does_not_leave_out(example: Any) -> None:
    assert shared_by(example.url) == set(Shared) - example.left_out


def test_the_members_of_the_shared_tables_are_registered_in_full() -> None:
    assert list(SOURCES) == list(SearchKind)
    assert list(RESOURCES) == list(SheetResource)
