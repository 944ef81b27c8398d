import asyncio
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from backend.core.database import Database
from backend.core.errors import PermissionDeniedError
from backend.core.passwords import PasswordHasher
from backend.core.permissions import Role
from backend.models.identity.users import UserCreate
from backend.repositories.unit_of_work import UnitOfWorkFactory
from backend.services.identity.users import UserService
from tests.factories import PASSWORD
from tests.fixtures.application import make_settings, running_app
from tests.fixtures.people import Person, SignedIn

NEW = {"email": "Grace@Example.com", "full_name": "Grace Hopper", "password": PASSWORD}


async def register(client: httpx2.AsyncClient, **changes: Any) -> httpx2.Response:
    return await client.post("/api/v1/auth/register", json=NEW | changes)


async def test_people_register_as_guests(client: httpx2.AsyncClient) -> None:
    answer = await register(client)

    assert answer.status_code == 201
    user = answer.json()
    assert (user["email"], user["role"], user["is_active"]) == (
        "grace@example.com",
        "guest",
        True,
    )
    assert not {"password", "password_hash"} & set(user)


async def test_a_registered_person_can_sign_in(client: httpx2.AsyncClient) -> None:
    await register(client)
    form = {"username": NEW["email"], "password": PASSWORD}

    assert (await client.post("/api/v1/auth/token", data=form)).status_code == 200


async def test_nobody_chooses_their_own_role(client: httpx2.AsyncClient) -> None:
    answer = await register(client, role="admin")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["body", "role"]


async def test_new_accounts_get_the_role_of_the_settings(
    worker_database_url: str, database: Database
) -> None:
    roles = {"registration_role": Role.MEMBER}
    async with running_app(make_settings(worker_database_url, security=roles)) as client:
        assert (await register(client)).json()["role"] == "member"


async def test_registration_can_be_closed(worker_database_url: str, database: Database) -> None:
    closed = {"registration_enabled": False}
    async with running_app(make_settings(worker_database_url, security=closed)) as client:
        answer = await register(client)

    assert answer.status_code == 403
    assert "closed" in answer.json()["detail"]


async def test_an_address_registers_once_whatever_its_case(client: httpx2.AsyncClient) -> None:
    await register(client)

    answer = await register(client, email="GRACE@example.com")

    assert answer.status_code == 409
    assert "e-mail" in answer.json()["detail"]


async def test_of_two_registrations_at_once_one_wins(client: httpx2.AsyncClient) -> None:
    answers = await asyncio.gather(register(client), register(client, email="grace@example.com"))

    assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_people_change_their_own_name(viewer: Person) -> None:
    answer = await viewer.patch("/users/me", json={"full_name": "Ada King"})

    assert answer.status_code == 200
    assert (await viewer.get("/users/me")).json()["full_name"] == "Ada King"


@pytest.mark.parametrize("change", [{"role": "admin"}, {"is_active": False}, {"email": "a@b.co"}])
async def test_people_do_not_change_what_is_for_admins(
    viewer: Person, change: dict[str, Any]
) -> None:
    assert (await viewer.patch("/users/me", json=change)).status_code == 422


async def test_an_admin_opens_an_account_with_any_role(admin: Person) -> None:
    answer = await admin.post("/users", json=NEW | {"role": "manager"})

    assert answer.status_code == 201
    read = await admin.client.get(
        answer.headers["Location"], headers={"Authorization": f"Bearer {admin.token}"}
    )
    assert read.json() == answer.json()


async def test_an_admin_filters_accounts(admin: Person, signed_in: SignedIn) -> None:
    await signed_in(Role.VIEWER, is_active=False)
    active = await signed_in(Role.VIEWER)

    filters = {"role": ["viewer", "member"], "is_active": True}
    found = (await admin.get("/users", params=filters)).json()["items"]

    assert [user["id"] for user in found] == [str(active.user.id)]


async def test_accounts_are_sorted_by_address(admin: Person, signed_in: SignedIn) -> None:
    await signed_in(email="zoe@example.com")
    await signed_in(email="abe@example.com")

    ordered = (await admin.get("/users", params={"sort": "email"})).json()["items"]

    emails = [user["email"] for user in ordered]
    assert emails == sorted(emails)


async def test_a_deactivated_user_is_out_at_once_and_can_come_back(
    admin: Person, member: Person
) -> None:
    path = f"/users/{member.user.id}"

    assert (await admin.post(f"{path}/deactivate")).json()["is_active"] is False
    assert (await member.get("/users/me")).status_code == 401

    assert (await admin.post(f"{path}/activate")).json()["is_active"] is True
    # The old session stays ended; a new one can be opened.
    assert (await member.get("/users/me")).status_code == 401
    form = {"username": member.user.email, "password": PASSWORD}
    assert (await member.client.post("/api/v1/auth/token", data=form)).status_code == 200


async def test_an_unknown_user_is_not_found(admin: Person) -> None:
    path = f"/users/{uuid4()}"

    assert (await admin.get(path)).status_code == 404
    assert (await admin.put(f"{path}/role", json={"role": "member"})).status_code == 404
    assert (await admin.post(f"{path}/deactivate")).status_code == 404


async def demote(admin: Person, person: Person) -> httpx2.Response:
    return await admin.put(f"/users/{person.user.id}/role", json={"role": "viewer"})


async def deactivate(admin: Person, person: Person) -> httpx2.Response:
    return await admin.post(f"/users/{person.user.id}/deactivate")


@pytest.mark.parametrize("take_away", [demote, deactivate])
async def test_the_last_active_admin_stays(
    admin: Person, signed_in: SignedIn, take_away: Any
) -> None:
    await signed_in(Role.ADMIN, is_active=False)

    answer = await take_away(admin, admin)

    assert answer.status_code == 409
    assert "last active admin" in answer.json()["detail"]
    assert (await admin.get("/users")).status_code == 200


@pytest.mark.parametrize("first", [demote, deactivate])
@pytest.mark.parametrize("second", [demote, deactivate])
async def test_two_admins_at_once_can_not_take_each_other_away(
    admin: Person, signed_in: SignedIn, first: Any, second: Any
) -> None:
    other = await signed_in(Role.ADMIN)

    answers = await asyncio.gather(first(admin, other), second(other, admin))

    # The loser is refused by the rule, or is no admin any more when their request is looked at.
    won, lost = sorted(answer.status_code for answer in answers)
    assert won == 200
    assert lost in {401, 403, 409}


async def test_who_was_demoted_meanwhile_gives_no_roles(
    admin: Person, signed_in: SignedIn, uow: UnitOfWorkFactory
) -> None:
    """Their request was let in before, and had to wait."""
    late, other = await signed_in(Role.ADMIN), await signed_in(Role.MEMBER)
    users = UserService(uow, PasswordHasher(), None)
    account = UserCreate(
        email="new@example.com", full_name="New", password=PASSWORD, role=Role.ADMIN
    )
    await demote(admin, late)

    for request in (
        users.create(account, late.principal),
        users.set_role(other.user.id, Role.ADMIN, late.principal),
        users.deactivate(other.user.id, late.principal),
    ):
        with pytest.raises(PermissionDeniedError):
            await request


async def test_an_admin_among_others_may_step_down(admin: Person, signed_in: SignedIn) -> None:
    await signed_in(Role.ADMIN)

    assert (await demote(admin, admin)).status_code == 200
    assert (await admin.get("/users")).status_code == 403
