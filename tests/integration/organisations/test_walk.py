"""Every operation, asked with the ids of another organisation."""

from collections.abc import Iterator
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from backend.main import create_app
from tests.fixtures.application import make_settings
from tests.fixtures.organisations import Company
from tests.integration.api.document import operations_of, resolved
from tests.world import EXAMPLES

_SETTINGS = {"url": "postgresql:///unused", "organisations": "many"}
ENDLESS = {"/api/v1/notifications/stream"}
OF_INSTALLATION = "/api/v1/jobs"
SIGNING_OUT = {"/api/v1/auth/logout", "/api/v1/auth/logout-all", "/api/v1/members/leave"}
PUBLIC = ("/health", "/api/v1/auth")
ID_NAMES = {example.id_name: example.path for example in EXAMPLES} | {
    "schema_id": "schemas",
    "organisation_id": "organisations",
}
SHOWN_AT = {"users": "members"}
"""Where rows are read, if not at the path of their resource."""


@cache
def document() -> dict[str, Any]:
    """Made by the process that runs these tests, and not by each that collects them."""
    return create_app(make_settings("postgresql:///unused", database=_SETTINGS)).openapi()


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, operation in operations_of(document()).items():
        method, path = name.split()
        if path.startswith(("/api/v1/", OF_INSTALLATION)) and path not in ENDLESS | SIGNING_OUT:
            yield method, path, operation


def bodies(operation: dict[str, Any]) -> list[Any]:
    """One for each shape that the operation takes; one that is empty where it takes none."""
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" not in content:
        return [None]
    schema = resolved(content["application/json"]["schema"], document())
    shapes = schema.get("oneOf", [schema])
    # What others send, such as messages of a payment provider, is not ours to describe.
    return [resolved(shape, document()).get("examples", [{}])[0] for shape in shapes]


def addressed(path: str, ids: dict[str, UUID]) -> str:
    """The path with ids of rows, and made-up ones of what has none."""
    for part in path.split("/"):
        if part.startswith("{"):
            name = part.strip("{}")
            known = ids.get(ID_NAMES.get(name, ""))
            path = path.replace(part, "1" if name == "number" else str(known or uuid4()))
    return path


def with_ids(body: Any, ids: dict[str, UUID]) -> Any:
    """The body, in which each reference to a row names one of these."""
    if isinstance(body, list):
        return [with_ids(each, ids) for each in body]
    if not isinstance(body, dict):
        return body
    return {name: _value(name, value, ids) for name, value in body.items()}


def _value(name: str, value: Any, ids: dict[str, UUID]) -> Any:
    singular = name.removesuffix("s")
    known = ids.get(ID_NAMES.get(singular, "users" if singular in PEOPLE else ""))
    if known is None:
        return with_ids(value, ids)
    return [str(known)] if isinstance(value, list) else str(known)


PEOPLE = {"assignee_id", "owner_id", "person_id"}


async def test_nothing_of_another_organisation_is_in_any_answer(
    companies: tuple[Company, Company], subtests: pytest.Subtests
) -> None:
    own, other = companies
    ids = dict(other.ids)
    for method, path, operation in operations():
        for body in bodies(operation):
            with subtests.test(f"{method} {path}"):
                answer = await own.admin.request(
                    method, addressed(path, ids).removeprefix("/api/v1"), json=with_ids(body, ids)
                )

                assert answer.status_code < 500, answer.text
                assert other.marker not in answer.text
                if named_in(path):
                    assert answer.status_code in {404, 422}, answer.text


def named_in(path: str) -> bool:
    return any(part.strip("{}") in ID_NAMES for part in path.split("/"))


async def test_rows_of_the_other_are_as_they_were(
    companies: tuple[Company, Company],
) -> None:
    own, other = companies
    before = await read_all(other)
    ids = dict(other.ids)
    for method, path, operation in operations():
        for body in bodies(operation):
            await own.admin.request(
                method, addressed(path, ids).removeprefix("/api/v1"), json=with_ids(body, ids)
            )

    assert await read_all(other) == before


async def read_all(company: Company) -> dict[str, tuple[int, str]]:
    """Each of its rows, as its admin reads it."""
    answers: dict[str, httpx2.Response] = {
        path: await company.admin.get(f"/{SHOWN_AT.get(path, path)}/{row_id}")
        for path, row_id in company.ids.items()
    }
    return {path: (answer.status_code, answer.text) for path, answer in answers.items()}


async def test_the_same_operations_find_what_is_ones_own(
    companies: tuple[Company, Company],
) -> None:
    for company in companies:
        found = await read_all(company)

        assert {path: status for path, (status, _) in found.items()} == dict.fromkeys(found, 200)
        assert sum(company.marker in text for _, text in found.values()) > len(found) / 2


@pytest.mark.parametrize("path", ["organisations", *sorted(each.path for each in EXAMPLES)])
async def test_lists_have_ones_own_rows_alone(
    companies: tuple[Company, Company], path: str
) -> None:
    for company in companies:
        shown_at = SHOWN_AT.get(path, path)
        answer = await company.admin.get(f"/{shown_at}", params={"total": True, "limit": 200})

        assert [row["id"] for row in answer.json()["items"]] == [str(company.ids[path])]


@pytest.mark.parametrize("path", ["/jobs", "/users"])
async def test_the_command_line_alone_sees_what_is_of_all(
    companies: tuple[Company, Company], path: str
) -> None:
    assert (await companies[0].admin.get(path)).status_code == 404
