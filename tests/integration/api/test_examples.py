"""What Swagger UI fills in works when it is sent as it stands."""

import pytest

from backend.core.scopes import SYSTEM
from backend.repositories.unit_of_work import UnitOfWorkFactory
from tests.fixtures.people import Person
from tests.integration.api.document import OPERATIONS, resolved
from tests.world import EXAMPLES, add_needed

UNTRIED = {
    "/api/v1/auth/register",
    "/api/v1/auth/accept-invitation",
    "/api/v1/auth/passkeys",
    "/api/v1/files",
}
"""They need a token, what a browser has signed, or a form."""
CREATING = [
    path.removeprefix("/api/v1")
    for method, path in (operation.split() for operation in OPERATIONS)
    if method == "POST"
    and "{" not in path
    and path not in UNTRIED
    and "201" in OPERATIONS[f"{method} {path}"]["responses"]
]
LISTS = [
    path.removeprefix("/api/v1")
    for method, path in (operation.split() for operation in OPERATIONS)
    if method == "GET" and "{" not in path and path.startswith("/api/v1")
]


@pytest.mark.parametrize("path", CREATING)
async def test_the_example_of_what_can_be_created_is_created(
    admin: Person, uow: UnitOfWorkFactory, path: str
) -> None:
    content = OPERATIONS[f"POST /api/v1{path}"]["requestBody"]["content"]["application/json"]
    schema = resolved(content["schema"])
    examples = [
        example
        for shape in schema.get("oneOf", [schema])
        for example in resolved(shape)["examples"]
    ]

    if path.removeprefix("/") in {each.path for each in EXAMPLES}:
        async with uow(SYSTEM) as unit:
            for example in examples:
                await add_needed(unit, admin.user, path.removeprefix("/"), given=example)
            await unit.commit()
    answers = [await admin.post(path, json=example) for example in examples]

    assert {answer.status_code for answer in answers} == {201}, answers[-1].text


@pytest.mark.parametrize("path", LISTS)
async def test_no_filter_is_filled_in(path: str) -> None:
    parameters = OPERATIONS[f"GET /api/v1{path}"].get("parameters", [])

    optional = [each["schema"] for each in parameters if "required" not in each]
    assert not any("examples" in schema or "example" in schema for schema in optional)
