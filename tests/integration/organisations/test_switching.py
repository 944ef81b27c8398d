"""Organisations of one's own: made, joined, acted in, deleted and restored."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import psycopg
import pytest
from sqlalchemy import text

from backend.core.config import Settings
from backend.core.database import Database, owner_url
from backend.core.errors import AuthenticationError, PermissionDeniedError
from backend.core.passwords import PasswordHasher
from backend.core.permissions import Principal, Role
from backend.core.security import AccessTokens, derived_token
from backend.models.identity.account_tokens import TokenPurpose
from backend.models.identity.sessions import Client
from backend.models.platform.job_requests import Queue
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.services.identity.members import MemberService
from backend.services.identity.second_factor_rule import SecondFactorRule
from backend.services.identity.session_start import SessionStart
from backend.services.identity.switching import SwitchingService
from backend.services.identity.users import UserService
from tests.factories import PASSWORD
from tests.fixtures.application import running_app
from tests.fixtures.jobs import Jobs
from tests.fixtures.organisations import Company, Hire
from tests.fixtures.people import Person, with_key

Companies = tuple[Company, Company]

JOINED = """
    WITH more AS (
        INSERT INTO organisations (id, name, created_at, updated_at, version)
        SELECT gen_random_uuid(), 'More', now(), now(), 1 FROM generate_series(1, %(more)s)
        RETURNING id
    )
    INSERT INTO memberships (id, user_id, organisation_id, role, created_at, updated_at, version)
    SELECT gen_random_uuid(), %(user)s, id, 'member', now(), now(), 1 FROM more
"""


async def signed_in_as(person: Person, tokens: httpx2.Response) -> Person:
    assert tokens.status_code == 200, tokens.text
    return Person(person.user, person.session, tokens.json()["access_token"], person.client)


async def switched(person: Person, organisation_id: UUID | str | None) -> Person:
    chosen = {"organisation_id": str(organisation_id) if organisation_id else None}
    return await signed_in_as(person, await person.post("/auth/organisation", json=chosen))


async def sign_in(person: Person) -> Person:
    form = {"username": person.user.email, "password": PASSWORD}
    return await signed_in_as(person, await person.client.post("/api/v1/auth/token", data=form))


async def organisation_of(person: Person) -> set[str]:
    """The titles of the tasks that they see."""
    return {task["title"] for task in (await person.get("/tasks")).json()["items"]}


async def test_one_acts_in_one_organisation_at_a_time(companies: Companies, hire: Hire) -> None:
    own, other = companies
    here = await hire(own, Role.MEMBER)
    await hire(other, Role.VIEWER, here.user)

    there = await switched(here, other.scope.organisation_id)

    assert await organisation_of(there) == {other.marker}
    assert await organisation_of(here) == {own.marker}
    found = (await here.get("/organisations")).json()["items"]
    assert {(each["name"], each["role"]) for each in found} == {
        (own.marker, "member"),
        (other.marker, "viewer"),
    }


async def test_who_signs_in_acts_where_they_acted_last(companies: Companies, hire: Hire) -> None:
    own, other = companies
    person = await hire(own)
    await hire(other, Role.VIEWER, person.user)
    for company in (own, other):
        await switched(person, company.scope.organisation_id)

        assert await organisation_of(await sign_in(person)) == {company.marker}


async def test_nobody_switches_into_what_they_do_not_belong_to(companies: Companies) -> None:
    own, other = companies

    refused = await own.admin.post(
        "/auth/organisation", json={"organisation_id": str(other.scope.organisation_id)}
    )

    assert refused.status_code == 404


async def test_keys_stay_where_they_were_made(companies: Companies, hire: Hire) -> None:
    own, other = companies
    here = await hire(own, Role.ADMIN)
    there = await hire(other, Role.ADMIN, here.user)
    key = await with_key(here)

    refused = await key.post("/auth/organisation", json={"organisation_id": None})

    assert refused.status_code == 403
    assert await organisation_of(key) == {own.marker}
    assert (await there.get("/api-keys")).json()["items"] == []


async def test_without_an_organisation_one_has_ones_own_things(
    companies: Companies, hire: Hire
) -> None:
    own, _ = companies
    here = await hire(own)
    alone = await switched(here, None)
    module = {"title": "Mine"}

    made = await alone.post("/modules", json=module)

    assert (await alone.get("/users/me")).json()["role"] == "guest"
    assert made.status_code == 201, made.text
    assert made.json()["id"] in (await alone.get("/modules")).text
    assert made.json()["id"] not in (await here.get("/modules")).text
    assert (await alone.post("/members/leave")).status_code == 404


async def test_whoever_makes_an_organisation_is_its_admin(
    companies: Companies, hire: Hire, divided_jobs: Jobs
) -> None:
    own, _ = companies
    here = await hire(own, Role.VIEWER)
    headers = {"Idempotency-Key": "once"}

    made = await here.post("/organisations", json={"name": "Mine"}, headers=headers)
    again = await here.post("/organisations", json={"name": "Mine"}, headers=headers)
    await divided_jobs.drain(Queue.MAINTENANCE)

    assert (made.status_code, made.json()["role"]) == (201, "admin")
    assert again.json()["id"] == made.json()["id"]
    mine = await switched(here, made.json()["id"])
    assert await organisation_of(mine) == set()
    assert {each["name"] for each in (await mine.get("/model-configs")).json()["items"]}
    [member] = (await mine.get("/members")).json()["items"]
    assert (member["id"], member["role"]) == (str(here.user.id), "admin")


async def test_nobody_belongs_to_any_number_of_organisations(
    companies: Companies, hire: Hire, divided: Settings
) -> None:
    here = await hire(companies[0])
    with psycopg.connect(owner_url(divided.database)) as connection:
        connection.execute(JOINED, {"user": here.user.id, "more": 98})

    last = await here.post("/organisations", json={"name": "The hundredth"})
    refused = await here.post("/organisations", json={"name": "One more"})

    assert last.status_code == 201, last.text
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/conflict")
    assert "leave one first" in refused.json()["detail"]


async def test_a_lost_answer_is_given_again_with_what_was_made(
    companies: Companies, hire: Hire, divided: Settings
) -> None:
    here = await hire(companies[0])
    headers = {"Idempotency-Key": "lost"}
    made = await here.post("/organisations", json={"name": "Mine"}, headers=headers)
    with psycopg.connect(owner_url(divided.database)) as connection:
        # As a crash between the effect and the answer does.
        connection.execute(
            "UPDATE idempotent_requests SET status = NULL, headers = NULL, body = NULL"
        )

    again = await here.post("/organisations", json={"name": "Mine"}, headers=headers)

    assert (again.status_code, again.json()) == (201, made.json())


async def test_an_organisation_is_renamed_by_its_admins(companies: Companies, hire: Hire) -> None:
    own, other = companies
    path = f"/organisations/{own.scope.organisation_id}"
    seen = await own.admin.get(path)
    match = {"If-Match": seen.headers["ETag"]}

    renamed = await own.admin.put(path, json={"name": "New"}, headers=match)

    assert (renamed.status_code, renamed.json()["name"]) == (200, "New")
    stale = await own.admin.put(path, json={"name": "Newer"}, headers=match)
    assert stale.status_code == 412
    member = await hire(own)
    assert (await member.put(path, json={"name": "Mine"})).status_code == 403
    assert (await other.admin.put(path, json={"name": "Theirs"})).status_code == 404


async def test_an_organisation_is_added_once_for_a_key(companies: Companies, hire: Hire) -> None:
    own, other = companies
    here = await hire(own, Role.ADMIN)
    there = await hire(other, Role.ADMIN, here.user)
    key = {"Idempotency-Key": "the-same-everywhere"}
    for person in (here, there):
        made = await person.post("/tasks", json={"title": "Call"}, headers=key)
        assert made.status_code == 201, made.text

    alone = await switched(here, None)
    first = await alone.post("/organisations", json={"name": "New"}, headers=key)
    again = await alone.post("/organisations", json={"name": "New"}, headers=key)
    refused = await here.post("/organisations", json={"name": "New"}, headers=key)

    assert (first.status_code, again.json()["id"]) == (201, first.json()["id"])
    assert refused.status_code == 422
    found = (await alone.get("/organisations")).json()["items"]
    assert [each["name"] for each in found].count("New") == 1


async def test_a_deleted_organisation_can_be_restored(companies: Companies, hire: Hire) -> None:
    own, other = companies
    path = f"/organisations/{own.scope.organisation_id}"
    member = await hire(own)
    alone, key = await switched(own.admin, None), await with_key(member)

    assert (await member.delete(path)).status_code == 403
    assert (await own.admin.delete(path)).status_code == 204

    for person in (own.admin, member, key):
        assert (await person.get("/tasks")).status_code == 401
    refused = await alone.post(
        "/auth/organisation", json={"organisation_id": str(own.scope.organisation_id)}
    )
    assert refused.status_code == 404
    assert (await alone.delete(path)).status_code == 409
    assert await organisation_of(other.admin) == {other.marker}
    restored = await alone.post(f"{path}/restore")
    assert (restored.status_code, restored.json()["deleted_at"]) == (200, None)
    assert (await alone.post(f"{path}/restore")).status_code == 409
    for person in (own.admin, member, key):
        assert await organisation_of(person) == {own.marker}


async def test_a_switch_does_not_outlast_a_removal(companies: Companies, hire: Hire) -> None:
    own, other = companies
    here = await hire(own)
    await hire(other, Role.MEMBER, here.user)
    chosen = {"organisation_id": str(other.scope.organisation_id)}

    switch, removal = await asyncio.gather(
        here.post("/auth/organisation", json=chosen),
        other.admin.delete(f"/members/{here.user.id}"),
    )

    assert removal.status_code == 204
    assert switch.status_code in {200, 404}
    if switch.status_code == 200:
        there = await signed_in_as(here, switch)
        assert (await there.get("/tasks")).status_code == 401


@pytest.fixture
def invite(divided: Settings, divided_database: Database) -> Any:
    async def send(company: Company, email: str, role: str = "member") -> str:
        """Returns the token of the mail."""
        invited = {"email": email, "role": role}
        answer = await company.admin.post("/invitations", json=invited)
        assert answer.status_code == 201, answer.text
        newest = "SELECT id FROM account_tokens WHERE email = %(email)s ORDER BY id DESC LIMIT 1"
        [(token_id,)] = await divided_database.statements.run(newest, {"email": email})
        return derived_token(divided.security, TokenPurpose.ACCEPT_INVITATION, token_id)

    return send


async def test_who_has_an_account_joins_with_it(
    companies: Companies, hire: Hire, invite: Any
) -> None:
    own, other = companies
    here = await hire(own)
    token = await invite(other, here.user.email, "manager")

    answers = await asyncio.gather(
        *(here.post("/auth/join-organisation", json={"token": token}) for _ in range(2))
    )

    assert sorted(answer.status_code for answer in answers) == [204, 422]
    there = await switched(here, other.scope.organisation_id)
    assert (await there.get("/users/me")).json()["role"] == "manager"
    assert await organisation_of(there) == {other.marker}


async def test_an_invitation_is_for_its_address(
    companies: Companies, hire: Hire, invite: Any
) -> None:
    own, other = companies
    here = await hire(own)
    token = await invite(other, "somebody@example.com")

    assert (await here.post("/auth/join-organisation", json={"token": token})).status_code == 403


async def test_an_account_that_there_is_gets_no_second_one(
    companies: Companies, hire: Hire, invite: Any, divided_client: httpx2.AsyncClient
) -> None:
    own, other = companies
    here = await hire(own)
    token = await invite(other, here.user.email)

    refused = await divided_client.post(
        "/api/v1/auth/accept-invitation",
        json={"token": token, "full_name": "Other", "password": PASSWORD},
    )

    assert refused.status_code == 409
    assert (await here.post("/auth/join-organisation", json={"token": token})).status_code == 204


async def test_invitations_end_with_the_membership_of_who_sent_them(
    companies: Companies, hire: Hire, invite: Any, units: SqlUnitOfWorkFactory
) -> None:
    own, other = companies
    second = await hire(other, Role.ADMIN)
    here = await hire(own)
    token = await invite(other, here.user.email)

    assert (await second.delete(f"/members/{other.admin.user.id}")).status_code == 204

    joined = await here.post("/auth/join-organisation", json={"token": token})
    assert joined.status_code == 422


async def test_nobody_joins_twice(
    companies: Companies, hire: Hire, units: SqlUnitOfWorkFactory, invite: Any
) -> None:
    own, other = companies
    here = await hire(own)
    token = await invite(other, here.user.email)
    await MemberService(units).admit(here.user.email, Role.VIEWER, other.scope)

    joined = await here.post("/auth/join-organisation", json={"token": token})

    assert joined.status_code == 409
    assert "belong to it already" in joined.json()["detail"]


@pytest.fixture
def switching(divided: Settings, units: SqlUnitOfWorkFactory) -> SwitchingService:
    starts = SessionStart(AccessTokens(divided.security), timedelta(days=1))
    return SwitchingService(units, starts, SecondFactorRule(frozenset({Role.ADMIN})))


def acting(person: Person, company: Company) -> Principal:
    return replace(person.principal, organisation_id=company.scope.organisation_id)


async def test_an_ended_session_opens_no_other(
    companies: Companies, hire: Hire, switching: SwitchingService
) -> None:
    here = await hire(companies[0])
    by = acting(here, companies[0])
    assert (await here.post("/auth/logout-all")).status_code == 204

    with pytest.raises(AuthenticationError, match="session has ended"):
        await switching.switch(None, by, Client(None, None))


async def test_a_deactivated_account_opens_no_session(
    companies: Companies, hire: Hire, switching: SwitchingService, units: SqlUnitOfWorkFactory
) -> None:
    here = await hire(companies[0])
    by = acting(here, companies[0])
    await UserService(units, PasswordHasher(), None).deactivate(here.user.id, None)

    with pytest.raises(PermissionDeniedError, match="deactivated"):
        await switching.switch(None, by, Client(None, None))


async def test_a_role_that_needs_a_second_factor_needs_it_in_that_organisation(
    companies: Companies, hire: Hire, switching: SwitchingService
) -> None:
    own, other = companies
    here = await hire(own)
    await hire(other, Role.ADMIN, here.user)

    with pytest.raises(PermissionDeniedError, match="must have a second factor"):
        await switching.switch(other.scope.organisation_id, acting(here, own), Client(None, None))


@pytest.fixture
async def strict_client(divided: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    """Of an installation whose admins must have a second factor."""
    update = {"require_second_factor": (Role.ADMIN,)}
    security = divided.security.model_copy(update=update)
    async with running_app(divided.model_copy(update={"security": security})) as client:
        yield client


@pytest.mark.parametrize("with_factor", ["passkey", "app", None])
async def test_a_role_that_needs_a_second_factor_needs_it_from_elsewhere_too(
    with_factor: str | None,
    companies: Companies,
    hire: Hire,
    strict_client: httpx2.AsyncClient,
    worker_divided_owner: Database,
) -> None:
    """The password of somebody who is no admin where they acted last opens a session there."""
    own, other = companies
    here = replace(await hire(own), client=strict_client)
    await hire(other, Role.ADMIN, here.user)
    factors = {
        "passkey": "UPDATE sessions SET with_passkey = true WHERE user_id = :id",
        "app": "UPDATE users SET second_factor_at = now() WHERE id = :id",
    }
    if with_factor is not None:
        async with worker_divided_owner.engine.connect() as connection:
            await connection.execute(text(factors[with_factor]), {"id": here.user.id})
    path = f"/organisations/{other.scope.organisation_id}"

    changes = [
        await here.put(path, json={"name": "Renamed"}),
        await here.delete(path),
        await here.post(f"{path}/restore"),
    ]

    expected = [403, 403, 403] if with_factor is None else [200, 204, 200]
    assert [each.status_code for each in changes] == expected
    assert (await here.get(path)).status_code == 200
