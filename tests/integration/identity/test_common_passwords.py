"""No way to choose a password takes one that many people have."""

from typing import Any

import pytest

from tests.factories import PASSWORD
from tests.fixtures.people import Person

COMMON = "Trustno1"
ADA = {"email": "ada@example.com", "full_name": "Ada"}
WAYS: dict[str, dict[str, Any]] = {
    "/auth/register": ADA | {"password": COMMON},
    "/users": ADA | {"password": COMMON, "role": "viewer"},
    "/auth/password": {"current_password": PASSWORD, "new_password": COMMON},
    "/auth/password-reset/confirm": {"token": "x", "new_password": COMMON},
    "/auth/accept-invitation": {"token": "x", "full_name": "Ada", "password": COMMON},
}


@pytest.mark.parametrize("path", WAYS)
async def test_a_common_password_is_refused_with_the_reason(admin: Person, path: str) -> None:
    refused = await admin.post(path, json=WAYS[path])

    assert refused.status_code == 422
    [error] = refused.json()["errors"]
    assert error["loc"][-1] in {"password", "new_password"}
    assert "most common passwords" in error["msg"]
    assert COMMON not in refused.text
