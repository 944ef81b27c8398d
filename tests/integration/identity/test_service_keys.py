"""Service keys belong to the team: they outlive the person who made them."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import select

from backend.core.database import Database
from backend.core.errors import ConflictError, InvalidInputError, PermissionDeniedError
from backend.core.passwords import PasswordHasher
from backend.core.permissions import Role
from backend.models.identity.api_keys import ApiKeyCreate, ApiKeyQuery
from backend.models.mail.mails import Mail
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.services.identity.api_keys import ApiKeyService
from backend.services.identity.users import UserService
from tests.factories import PASSWORD
from tests.fixtures.jobs import Jobs
from tests.fixtures.people import Person, SignedIn, with_key


async def services(admin: Person) -> list[dict[str, Any]]:
    users = (await admin.get("/users", params={"limit": 200})).json()["items"]
    return [user for user in users if user["is_service"]]


async def listed(admin: Person) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await admin.get("/api-keys", params={"service": True})).json()[
        "items"
    ]
    return found


async def test_a_service_acts_under_its_own_name(admin: Person) -> None:
    program = await with_key(admin, name="The shop", role="member")

    me = (await program.get("/users/me")).json()
    customer = (await program.post("/customers", json={"name": "Ada"})).json()

    assert (me["full_name"], me["role"], me["is_service"]) == ("The shop", "member", True)
    assert customer["owner_id"] == me["id"]
    assert (await program.get("/users")).status_code == 403


async def test_a_service_outlives_who_made_it(admin: Person, signed_in: SignedIn) -> None:
    maker = await signed_in(Role.ADMIN)
    program = await with_key(maker, role="manager")
    own = await with_key(maker)

    await admin.post(f"/users/{maker.user.id}/deactivate")

    assert (await own.get("/tasks")).status_code == 401
    assert (await program.get("/tasks")).status_code == 200


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MEMBER, Role.MANAGER])
async def test_only_admins_make_services(signed_in: SignedIn, admin: Person, role: Role) -> None:
    person = await signed_in(role)

    refused = await person.post("/api-keys", json={"name": "A program", "role": "viewer"})

    assert refused.status_code == 403
    assert (await person.get("/api-keys", params={"service": True})).status_code == 403
    assert await services(admin) == []


async def test_a_service_is_narrowed_within_its_own_role(admin: Person) -> None:
    fields = {"name": "A program", "role": "viewer", "permissions": ["tasks:write"]}

    refused = await admin.post("/api-keys", json=fields)

    assert "the role viewer does not have" in refused.json()["errors"][0]["msg"]
    assert await services(admin) == []


async def test_any_admin_lists_and_revokes_the_keys_of_services(
    admin: Person, signed_in: SignedIn, member: Person
) -> None:
    program = await with_key(await signed_in(Role.ADMIN), role="member")
    await with_key(admin)
    [key] = await listed(admin)

    assert (await member.delete(f"/api-keys/{key['id']}")).status_code == 404
    assert (await admin.delete(f"/api-keys/{key['id']}")).status_code == 204

    assert (await program.get("/tasks")).status_code == 401
    assert await listed(admin) == []
    assert [user["is_active"] for user in await services(admin)] == [False]


async def test_the_list_of_services_is_counted_and_paged(admin: Person) -> None:
    for number in range(3):
        await with_key(admin, name=f"Program {number}", role="viewer")
    query: dict[str, Any] = {"service": True, "limit": 2, "total": True}

    first = (await admin.get("/api-keys", params=query)).json()
    query["cursor"] = first["next_cursor"]
    second = (await admin.get("/api-keys", params=query)).json()

    names = [key["name"] for key in first["items"] + second["items"]]
    assert (names, first["total"]) == (["Program 2", "Program 1", "Program 0"], 3)


async def test_a_service_that_is_an_admin_does_not_keep_the_last_person_from_being_needed(
    admin: Person,
) -> None:
    program = await with_key(admin, role="admin")
    assert (await program.get("/users")).status_code == 200

    refused = await admin.put(f"/users/{admin.user.id}/role", json={"role": "viewer"})

    assert refused.status_code == 409
    assert "last active admin" in refused.json()["detail"]


async def test_nobody_signs_in_as_a_service(admin: Person, database: Database) -> None:
    await with_key(admin, role="admin")
    [user] = await services(admin)
    form = {"username": user["email"], "password": PASSWORD}
    async with database.engine.connect() as connection:
        # Not even if somebody gives it a password by hand.
        await connection.execute(
            text("UPDATE users SET password_hash = :hash WHERE is_service"),
            {"hash": admin.user.password_hash},
        )

    refused = await admin.client.post("/api/v1/auth/token", data=form)

    assert refused.status_code == 401


async def test_a_service_gets_no_password(admin: Person, uow: SqlUnitOfWorkFactory) -> None:
    await with_key(admin, role="admin")
    users = UserService(uow, PasswordHasher(), None)
    [user] = await services(admin)

    with pytest.raises(ConflictError, match="a service"):
        await users.reset_password((await users.find_by_email(user["email"])).id, PASSWORD)


async def test_a_service_gets_no_mail(admin: Person, jobs: Jobs, database: Database) -> None:
    await with_key(admin, role="member")
    [user] = await services(admin)
    await admin.post("/tasks", json={"title": "x", "assignee_id": user["id"]})
    for email in (user["email"], admin.user.email):
        await admin.client.post("/api/v1/auth/password-reset", json={"email": email})

    await jobs.drain()

    async with database.reading_session() as session:
        recipients = (await session.exec(select(Mail.recipient))).all()
    assert list(recipients) == [admin.user.email]


async def test_an_operator_makes_keys_of_anybody_and_sees_them_all(
    member: Person, uow: SqlUnitOfWorkFactory
) -> None:
    keys = ApiKeyService(uow)
    await keys.create_unasked(ApiKeyCreate(name="A program"), member.user.id)
    await keys.create_unasked(ApiKeyCreate(name="The shop", role=Role.ADMIN), None)

    page, users = await keys.page_with_users(ApiKeyQuery())

    found = [(key.name, users[key.user_id].is_service) for key in page.items]
    assert found == [("The shop", True), ("A program", False)]


async def test_an_operator_makes_no_key_without_an_active_user(
    signed_in: SignedIn, uow: SqlUnitOfWorkFactory
) -> None:
    keys, data = ApiKeyService(uow), ApiKeyCreate(name="A program")
    former = await signed_in(is_active=False)

    with pytest.raises(InvalidInputError, match="give a role"):
        await keys.create_unasked(data, None)
    with pytest.raises(PermissionDeniedError, match="deactivated"):
        await keys.create_unasked(data, former.user.id)
