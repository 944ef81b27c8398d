from uuid import uuid4

import pytest

from backend.core.errors import PermissionDeniedError
from backend.core.permissions import ROLE_PERMISSIONS, Permission, Role
from tests.factories import make_principal

TEAM_DATA = ("customers", "leads", "products", "tasks", "files", "workflows")
GUEST: set[str] = set()
VIEWER = {f"{kind}:read" for kind in TEAM_DATA} | {"assistant:use"}
MEMBER = VIEWER | {f"{kind}:write" for kind in TEAM_DATA}
MANAGER = MEMBER | {f"{kind}:delete" for kind in TEAM_DATA} | {"tasks:assign"}
ADMIN = MANAGER | {"users:read", "users:write", "audit:read", "jobs:read", "jobs:write"}
ADMIN |= {"assistant:manage", "webhooks:read", "webhooks:write"}


@pytest.mark.parametrize(
    ("role", "permissions"),
    [
        (Role.GUEST, GUEST),
        (Role.VIEWER, VIEWER),
        (Role.MEMBER, MEMBER),
        (Role.MANAGER, MANAGER),
        (Role.ADMIN, ADMIN),
    ],
)
def test_each_role_has_exactly_its_permissions(role: Role, permissions: set[str]) -> None:
    assert {permission.value for permission in ROLE_PERMISSIONS[role]} == permissions


def test_every_permission_is_given_to_some_role() -> None:
    assert set().union(*ROLE_PERMISSIONS.values()) == set(Permission)


def test_a_caller_without_the_permission_is_told_which_one() -> None:
    with pytest.raises(PermissionDeniedError, match="tasks:write"):
        make_principal(Role.VIEWER).require(Permission.TASKS_WRITE)


def test_a_caller_with_the_permission_passes() -> None:
    make_principal(Role.MEMBER).require(Permission.TASKS_WRITE)


@pytest.mark.parametrize("role", Role)
def test_who_acts_as_somebody_has_what_is_not_for_the_person_alone(role: Role) -> None:
    acting = make_principal(role, impersonator_id=uuid4())

    assert acting.permissions == {each for each in Permission if acting.may(each)}
    assert acting.permissions == {
        each for each in make_principal(role).permissions if not each.in_person
    }
