"""What is done for an organisation stays within it: sign-ins, jobs, and what they make."""

from typing import Any
from uuid import UUID

import httpx2
import psycopg
from psycopg import sql

from backend.core.config import Settings
from backend.core.database import Database, owner_url
from backend.core.permissions import Role
from backend.core.scopes import SYSTEM
from backend.core.security import derived_token
from backend.models.background.executions import ExecutionStatus
from backend.models.identity.account_tokens import TokenPurpose
from backend.models.platform.job_requests import Queue
from backend.models.platform.organisations import divided_tables
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from tests.factories import PASSWORD, make_task, make_user
from tests.fixtures.jobs import Jobs
from tests.fixtures.organisations import Company, Hire
from tests.fixtures.people import with_key

Companies = tuple[Company, Company]
REPORT = {"kind": "report", "inputs": {"report": "tasks_by_age"}}


async def test_whoever_signs_in_acts_in_their_organisation(
    companies: Companies, units: SqlUnitOfWorkFactory, divided_client: httpx2.AsyncClient
) -> None:
    own, other = companies
    async with units(own.scope) as unit:
        user = make_user(role=Role.ADMIN)
        await unit.users.save(user)
        await unit.places.add(user)
        await unit.commit()
    form = {"username": user.email, "password": PASSWORD}

    signed_in = await divided_client.post("/api/v1/auth/token", data=form)
    refreshed = await divided_client.post(
        "/api/v1/auth/refresh", json={"refresh_token": signed_in.json()["refresh_token"]}
    )

    headers = {"Authorization": f"Bearer {refreshed.json()['access_token']}"}
    seen = await divided_client.get("/api/v1/products", headers=headers)
    assert [each["id"] for each in seen.json()["items"]] == [str(own.ids["products"])]
    assert str(user.id) in (await own.admin.get("/audit", params={"limit": 200})).text
    assert str(user.id) not in (await other.admin.get("/audit", params={"limit": 200})).text


async def test_whoever_registers_is_in_no_organisation(
    companies: Companies, divided_client: httpx2.AsyncClient
) -> None:
    account = {"email": "new@example.com", "full_name": "New", "password": PASSWORD}

    answer = await divided_client.post("/api/v1/auth/register", json=account)

    assert (answer.status_code, answer.json()["role"]) == (201, "guest")
    for company in companies:
        assert "new@example.com" not in (await company.admin.get("/members")).text


async def test_an_event_notifies_within_its_organisation(
    companies: Companies, units: SqlUnitOfWorkFactory, divided_jobs: Jobs
) -> None:
    own, other = companies
    colleague = make_user(role=Role.MEMBER)
    async with units(own.scope) as unit:
        await unit.users.save(colleague)
        await unit.places.add(colleague)
        await unit.commit()

    body = {"title": "Call", "assignee_id": str(colleague.id)}
    assert (await own.admin.post("/tasks", json=body)).status_code == 201
    await divided_jobs.drain(Queue.EVENTS)

    async with units.reading(own.scope) as reading:
        assert await reading.notifications.count_unread(colleague.id) == 1
    refused = await other.admin.post("/tasks", json=body)
    assert refused.status_code == 422


async def test_an_execution_counts_what_its_organisation_has(
    companies: Companies, units: SqlUnitOfWorkFactory, divided_jobs: Jobs
) -> None:
    own, other = companies
    async with units(other.scope) as unit:
        for _ in range(3):
            await unit.tasks.save(make_task())
        await unit.commit()
    paths = []
    for company in companies:
        made: Any = (await company.admin.post("/executions", json=REPORT)).json()
        paths.append(f"/executions/{made['id']}")

    await divided_jobs.drain(Queue.EXECUTIONS)

    counts = [
        (await company.admin.get(path)).json()["result"]["count"]
        for company, path in zip(companies, paths, strict=True)
    ]
    assert counts == [1, 4]
    assert (await own.admin.get(paths[1])).status_code == 404


async def test_what_waits_in_a_deleted_organisation_fails(
    companies: Companies,
    units: SqlUnitOfWorkFactory,
    divided_jobs: Jobs,
) -> None:
    own, _ = companies
    asked = {"kind": "report", "inputs": {"report": "tasks_by_age"}}
    started = (await own.admin.post("/executions", json=asked)).json()
    path = f"/organisations/{own.scope.organisation_id}"
    organisation = (await own.admin.get(path)).headers["etag"]
    deleted = await own.admin.delete(path, headers={"If-Match": organisation})
    assert deleted.status_code == 204

    await divided_jobs.drain(Queue.EXECUTIONS)

    async with units.reading(own.scope) as unit:
        execution = await unit.executions.get(UUID(started["id"]))
    assert (execution.status, execution.result) == (ExecutionStatus.FAILED, None)


async def test_an_accepted_invitation_leads_into_the_organisation_of_who_invited(
    companies: Companies,
    divided: Settings,
    divided_client: httpx2.AsyncClient,
    divided_database: Database,
) -> None:
    own, other = companies
    invited = {"email": "invited@example.com", "role": "member"}
    assert (await own.admin.post("/invitations", json=invited)).status_code == 201
    [(token_id,)] = await divided_database.statements.run("SELECT id FROM account_tokens", {})
    token = derived_token(divided.security, TokenPurpose.ACCEPT_INVITATION, token_id)

    accepted = await divided_client.post(
        "/api/v1/auth/accept-invitation",
        json={"token": token, "full_name": "Invited", "password": PASSWORD},
    )

    assert accepted.status_code == 201, accepted.text
    assert "invited@example.com" in (await own.admin.get("/members")).text
    assert "invited@example.com" not in (await other.admin.get("/members")).text


async def test_an_erased_organisation_leaves_the_others_as_they_were(
    companies: Companies, units: SqlUnitOfWorkFactory, divided: Settings
) -> None:
    own, other = companies
    before = await own.admin.get("/tasks")
    async with units(SYSTEM) as unit:
        assert await unit.organisations.erase(other.scope.organisation_id)
        await unit.commit()

    assert (await own.admin.get("/tasks")).text == before.text
    assert (await other.admin.get("/tasks")).status_code == 401
    with psycopg.connect(owner_url(divided.database)) as connection:
        for table in (*(each.name for each in divided_tables()), "sessions", "memberships"):
            left = sql.SQL("SELECT count(*) FROM {} WHERE organisation_id = %s")
            query = left.format(sql.Identifier(table))
            [(count,)] = connection.execute(query, [other.scope.organisation_id])
            assert count == 0 or table == "events", table


async def test_what_a_key_has_started_counts_what_its_organisation_has(
    companies: Companies, units: SqlUnitOfWorkFactory, divided_jobs: Jobs
) -> None:
    _, other = companies
    async with units(other.scope) as unit:
        await unit.tasks.save(make_task())
        await unit.commit()
    programs = [await with_key(each.admin, permissions=["tasks:read"]) for each in companies]
    ids = [(await each.post("/executions", json=REPORT)).json()["id"] for each in programs]

    await divided_jobs.drain(Queue.EXECUTIONS)

    done = [
        (await program.get(f"/executions/{execution_id}")).json()
        for program, execution_id in zip(programs, ids, strict=True)
    ]
    assert [each["result"]["count"] for each in done] == [1, 2]
    assert (await programs[0].get(f"/executions/{ids[1]}")).status_code == 404


async def test_a_key_that_was_revoked_runs_nothing_in_its_organisation(
    companies: Companies, divided_jobs: Jobs
) -> None:
    own, _ = companies
    program = await with_key(own.admin, permissions=["tasks:read"])
    started = (await program.post("/executions", json=REPORT)).json()
    await own.admin.delete(f"/api-keys/{started['key_id']}")

    await divided_jobs.drain(Queue.EXECUTIONS)

    ended = (await own.admin.get(f"/executions/{started['id']}")).json()
    assert (ended["status"], ended["error"]) == (
        "failed",
        "The API key was revoked or has expired.",
    )


async def test_a_key_of_somebody_who_has_left_runs_nothing(
    companies: Companies, hire: Hire, divided_jobs: Jobs, units: SqlUnitOfWorkFactory
) -> None:
    own, other = companies
    member = await hire(own)
    await hire(other, user=member.user)
    program = await with_key(member, permissions=["tasks:read"])
    started = (await program.post("/executions", json=REPORT)).json()
    left = await own.admin.delete(f"/members/{member.user.id}")
    assert left.status_code == 204, left.text

    await divided_jobs.drain(Queue.EXECUTIONS)

    async with units.reading(own.scope) as reading:
        ended = await reading.executions.get(UUID(started["id"]))
    assert (ended.status, ended.result) == ("failed", None)
