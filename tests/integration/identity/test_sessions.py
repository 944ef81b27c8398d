import asyncio
from dataclasses import replace
from uuid import uuid4

import httpx2
from sqlmodel import select

from backend.core.config import Settings
from backend.core.database import Database
from backend.core.permissions import Role
from backend.core.scopes import SYSTEM
from backend.core.security import AccessClaims, AccessTokens
from backend.models.identity.sessions import UserSession
from backend.models.identity.sign_in_failures import SignInFailure
from backend.repositories.unit_of_work import UnitOfWorkFactory
from tests.factories import PASSWORD
from tests.fixtures.application import make_settings
from tests.fixtures.passwords import HeldPasswords
from tests.fixtures.people import Person, SignedIn
from tests.fixtures.waiting import waiting


async def another_session(person: Person) -> dict[str, str]:
    """Sign the same person in again; answers the headers of the new session."""
    form = {"username": person.user.email, "password": PASSWORD}
    headers = {"User-Agent": "the other device"}
    answer = await person.client.post("/api/v1/auth/token", data=form, headers=headers)
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


async def test_people_see_where_they_are_signed_in(member: Person, viewer: Person) -> None:
    await another_session(member)

    sessions = (await member.get("/auth/sessions")).json()["items"]

    assert [session["device"] for session in sessions] == ["the other device", None]
    assert sessions[1]["id"] == str(member.session.id)
    assert sessions[0]["address"] == "127.0.0.1"


async def test_sessions_are_paged(member: Person) -> None:
    await another_session(member)

    first = (await member.get("/auth/sessions", params={"limit": 1})).json()
    cursor = {"limit": 1, "cursor": first["next_cursor"]}
    second = (await member.get("/auth/sessions", params=cursor)).json()

    assert first["items"] != second["items"]
    assert second["next_cursor"] is None


async def test_a_revoked_session_is_dead_at_once(member: Person) -> None:
    other = await another_session(member)
    newest = (await member.get("/auth/sessions")).json()["items"][0]

    revoked = await member.delete(f"/auth/sessions/{newest['id']}")

    assert revoked.status_code == 204
    assert (await member.client.get("/api/v1/users/me", headers=other)).status_code == 401
    assert (await member.get("/users/me")).status_code == 200
    assert len((await member.get("/auth/sessions")).json()["items"]) == 1


async def test_revoking_twice_is_not_found(member: Person) -> None:
    await another_session(member)
    newest = (await member.get("/auth/sessions")).json()["items"][0]
    await member.delete(f"/auth/sessions/{newest['id']}")

    assert (await member.delete(f"/auth/sessions/{newest['id']}")).status_code == 404


async def test_somebody_elses_session_is_not_found_even_for_admins(
    member: Person, admin: Person
) -> None:
    answer = await admin.delete(f"/auth/sessions/{member.session.id}")

    assert answer.status_code == 404
    assert (await member.get("/users/me")).status_code == 200


async def test_signing_out_ends_this_session_only(member: Person) -> None:
    other = await another_session(member)

    assert (await member.post("/auth/logout")).status_code == 204

    assert (await member.get("/users/me")).status_code == 401
    assert (await member.client.get("/api/v1/users/me", headers=other)).status_code == 200


async def test_signing_out_everywhere_ends_all_sessions(member: Person, viewer: Person) -> None:
    other = await another_session(member)

    assert (await member.post("/auth/logout-all")).status_code == 204

    assert (await member.get("/users/me")).status_code == 401
    assert (await member.client.get("/api/v1/users/me", headers=other)).status_code == 401
    assert (await viewer.get("/users/me")).status_code == 200


async def test_signing_out_everywhere_ends_a_session_that_is_being_opened(
    member: Person, uow: UnitOfWorkFactory, database: Database, settings: Settings
) -> None:
    """As by somebody who goes on from a session of theirs to another, over and over."""
    opened = UserSession(
        user_id=member.user.id, device=None, address=None, expires_at=member.session.expires_at
    )

    async with uow(SYSTEM) as unit:
        await unit.users.get(member.user.id, for_update=True)
        await unit.sessions.get(member.session.id, for_update=True)
        await unit.sessions.save(opened)
        async with waiting(member.post("/auth/logout-all"), database):
            await unit.commit()

    token = AccessTokens(settings.security).sign(AccessClaims(member.user.id, opened.id))
    assert (await replace(member, token=token).get("/users/me")).status_code == 401


async def test_changing_the_password_ends_the_other_sessions(member: Person) -> None:
    other = await another_session(member)
    change = {"current_password": PASSWORD, "new_password": "a new password"}

    assert (await member.post("/auth/password", json=change)).status_code == 204

    assert (await member.get("/users/me")).status_code == 200
    assert (await member.client.get("/api/v1/users/me", headers=other)).status_code == 401
    form = {"username": member.user.email, "password": "a new password"}
    assert (await member.client.post("/api/v1/auth/token", data=form)).status_code == 200


async def test_the_current_password_must_be_right(member: Person) -> None:
    change = {"current_password": "wrong", "new_password": "a new password"}
    answer = await member.post("/auth/password", json=change)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["body", "current_password"]


async def test_a_session_that_ends_meanwhile_changes_no_password(
    member: Person, held_passwords: HeldPasswords
) -> None:
    change = {"current_password": PASSWORD, "new_password": "a new password"}
    other = await another_session(member)

    held_passwords.hold()
    changing = asyncio.create_task(member.post("/auth/password", json=change))
    await held_passwords.begun.wait()
    await member.client.post("/api/v1/auth/logout-all", headers=other)
    held_passwords.go_on.set()

    assert (await changing).status_code == 401
    form = {"username": member.user.email, "password": PASSWORD}
    assert (await member.client.post("/api/v1/auth/token", data=form)).status_code == 200


async def test_guessing_the_current_password_counts_as_failed_sign_ins(
    member: Person, database: Database
) -> None:
    change = {"current_password": "wrong", "new_password": "a new password"}
    await member.post("/auth/password", json=change)

    async with database.reading_session() as session:
        assert len((await session.exec(select(SignInFailure))).all()) == 1


async def test_a_token_for_somebody_elses_session_is_refused(
    member: Person, viewer: Person, worker_database_url: str
) -> None:
    tokens = AccessTokens(make_settings(worker_database_url).security)
    mixed = tokens.sign(AccessClaims(member.user.id, viewer.session.id))
    headers = {"Authorization": f"Bearer {mixed}"}

    assert (await member.client.get("/api/v1/users/me", headers=headers)).status_code == 401


async def test_a_token_of_an_unknown_session_is_refused(
    client: httpx2.AsyncClient, worker_database_url: str
) -> None:
    tokens = AccessTokens(make_settings(worker_database_url).security)
    headers = {"Authorization": f"Bearer {tokens.sign(AccessClaims(uuid4(), uuid4()))}"}

    assert (await client.get("/api/v1/users/me", headers=headers)).status_code == 401


async def test_a_new_role_counts_from_the_next_request_on(
    admin: Person, signed_in: SignedIn
) -> None:
    person = await signed_in(Role.VIEWER)
    assert (await person.post("/tasks", json={"title": "x"})).status_code == 403

    await admin.put(f"/users/{person.user.id}/role", json={"role": "member"})

    assert (await person.post("/tasks", json={"title": "x"})).status_code == 201
