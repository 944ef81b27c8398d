"""Accounts that belong to several organisations: what they export, who acts as them, their end."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from backend.core.errors import ConflictError
from backend.core.permissions import Role
from backend.core.scopes import SYSTEM
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from tests.factories import PASSWORD, make_customer, make_task
from tests.fixtures.jobs import Jobs
from tests.fixtures.organisations import Company, Hire
from tests.fixtures.people import Person
from tests.integration.exchange.test_account_exports import archive_of, rows_in

Companies = tuple[Company, Company]
REASON = {"reason": "The import fails for her alone", "minutes": 30}
REPORT = {"kind": "report", "inputs": {"report": "tasks_by_age"}}


async def as_somebody(company: Company, person: Person) -> Person:
    answer = await company.admin.post(f"/members/{person.user.id}/impersonate", json=REASON)
    assert answer.status_code == 200, answer.text
    return replace(person, token=answer.json()["access_token"])


async def close(person: Person) -> int:
    answer = await person.request("DELETE", "/users/me", json={"password": PASSWORD})
    return int(answer.status_code)


async def test_an_export_has_what_is_personal_where_one_acts(
    companies: Companies, hire: Hire, divided_jobs: Jobs
) -> None:
    own, other = companies
    here = await hire(own)
    there = await hire(other, user=here.user)
    mine = (await here.post("/modules", json={"title": "Here"})).json()
    await there.post("/modules", json={"title": "There"})

    archive = await archive_of(here, divided_jobs)

    assert [each["id"] for each in rows_in(archive, "modules")] == [mine["id"]]
    assert rows_in(archive, "users")[0]["email"] == here.user.email
    belongs = {each["organisation_id"] for each in rows_in(archive, "memberships")}
    assert belongs == {str(each.scope.organisation_id) for each in companies}
    written = b"".join(archive.read(name) for name in archive.namelist()).decode()
    assert other.marker not in written
    assert "There" not in written


async def test_an_admin_acts_as_a_member_in_their_organisation_alone(
    companies: Companies, hire: Hire
) -> None:
    own, other = companies
    here = await hire(own, Role.MEMBER)
    await hire(other, Role.ADMIN, here.user)

    acting = await as_somebody(own, here)

    me = (await acting.get("/users/me")).json()
    assert (me["id"], me["role"]) == (str(here.user.id), "member")
    assert own.marker in (await acting.get("/tasks")).text
    elsewhere = {"organisation_id": str(other.scope.organisation_id)}
    refused = [
        await acting.post("/auth/organisation", json=elsewhere),
        await acting.get("/organisations"),
        await acting.get(f"/organisations/{other.scope.organisation_id}"),
        await acting.post("/organisations", json={"name": "Another"}),
        await acting.post("/members/leave"),
    ]
    assert [answer.status_code for answer in refused] == [403] * len(refused)
    begun = (await own.admin.get("/audit", params={"type": "session.impersonated"})).json()
    assert len(begun["items"]) == 1
    assert "session.impersonated" not in (await other.admin.get("/audit")).text


async def test_nobody_acts_as_somebody_of_another_organisation(
    companies: Companies, hire: Hire
) -> None:
    own, other = companies
    stranger = await hire(other)

    answer = await own.admin.post(f"/members/{stranger.user.id}/impersonate", json=REASON)

    assert answer.status_code == 404


async def test_impersonations_are_listed_and_ended_where_they_are(
    companies: Companies, hire: Hire
) -> None:
    own, other = companies
    acting = await as_somebody(own, await hire(own))
    [begun] = (await own.admin.get("/impersonations")).json()["items"]
    path = f"/impersonations/{begun['id']}"

    assert (await other.admin.get("/impersonations")).json()["items"] == []
    assert (await other.admin.delete(path)).status_code == 404
    assert (await acting.get("/tasks")).status_code == 200
    assert (await own.admin.delete(path)).status_code == 204
    assert (await acting.get("/tasks")).status_code == 401


async def test_who_is_no_admin_any_more_acts_as_nobody(companies: Companies, hire: Hire) -> None:
    own, _ = companies
    second, member = await hire(own, Role.ADMIN), await hire(own)
    by_second = await as_somebody(replace(own, admin=second), member)
    by_first = await as_somebody(own, member)

    demoted = await own.admin.put(f"/members/{second.user.id}/role", json={"role": "viewer"})

    assert demoted.status_code == 200, demoted.text
    assert (await by_second.get("/users/me")).status_code == 401
    assert (await by_first.get("/users/me")).status_code == 200


async def test_the_last_admin_of_any_organisation_keeps_the_account(
    companies: Companies, hire: Hire
) -> None:
    own, other = companies
    elsewhere = await hire(other, Role.MEMBER, own.admin.user)

    assert await close(elsewhere) == 409
    await hire(own, Role.ADMIN)
    assert await close(elsewhere) == 202
    assert (await own.admin.get("/users/me")).status_code == 401


async def test_an_heir_belongs_to_each_of_the_organisations(
    companies: Companies, hire: Hire, divided_jobs: Jobs, units: SqlUnitOfWorkFactory
) -> None:
    own, other = companies
    gone, heir = await hire(own), await hire(own)
    await hire(other, user=gone.user)
    rows: dict[UUID, Any] = {}
    for company in companies:
        async with units(company.scope) as unit:
            customer = make_customer(owner_id=gone.user.id)
            rows[customer.id] = company
            await unit.customers.save(customer)
            await unit.commit()
    eraser = divided_jobs.services.operations.eraser

    with pytest.raises(ConflictError, match="each of their organisations"):
        await eraser.erase(gone.user.id, heir.user.id)
    await hire(other, user=heir.user)
    await eraser.erase(gone.user.id, heir.user.id)

    for customer_id, company in rows.items():
        found = (await company.admin.get(f"/customers/{customer_id}")).json()
        assert found["owner_id"] == str(heir.user.id)
        assert "user.member_erased" in (await company.admin.get("/audit")).text
        assert str(gone.user.id) not in (await company.admin.get("/members")).text


async def test_an_heir_gets_nothing_where_they_do_not_belong(
    companies: Companies, hire: Hire, divided_jobs: Jobs, units: SqlUnitOfWorkFactory
) -> None:
    own, other = companies
    gone, heir = await hire(own), await hire(own)
    there = await hire(other, user=gone.user)
    task = make_task(assignee_id=gone.user.id)
    async with units(other.scope) as unit:
        await unit.tasks.save(task)
        await unit.commit()
    assert (await there.post("/members/leave")).status_code == 204

    await divided_jobs.services.operations.eraser.erase(gone.user.id, heir.user.id)

    found = (await other.admin.get(f"/tasks/{task.id}")).json()
    assert (found["title"], found["assignee_id"]) == (task.title, None)


async def test_what_runs_for_somebody_ends_in_each_organisation(
    companies: Companies, hire: Hire, divided_jobs: Jobs, units: SqlUnitOfWorkFactory
) -> None:
    own, other = companies
    here = await hire(own)
    there = await hire(other, user=here.user)
    for person in (here, there):
        assert (await person.post("/executions", json=REPORT)).status_code == 202

    await divided_jobs.services.operations.eraser.erase(here.user.id)

    async with units.reading(SYSTEM) as reading:
        assert (await reading.users.get(here.user.id)).erased_at is not None
    for company in companies:
        assert "execution.cancelled" in (await company.admin.get("/audit")).text


async def test_the_last_admin_of_any_organisation_is_not_erased(
    companies: Companies, hire: Hire, divided_jobs: Jobs
) -> None:
    own, other = companies
    await hire(other, Role.MEMBER, own.admin.user)

    with pytest.raises(ConflictError, match="last active admin"):
        await divided_jobs.services.operations.eraser.erase(own.admin.user.id)


async def test_what_waits_for_somebody_who_has_left_fails(
    companies: Companies, hire: Hire, divided_jobs: Jobs, units: SqlUnitOfWorkFactory
) -> None:
    own, _ = companies
    gone = await hire(own)
    made = (await gone.post("/executions", json=REPORT)).json()
    assert (await own.admin.delete(f"/members/{gone.user.id}")).status_code == 204

    await divided_jobs.drain()

    async with units.reading(own.scope) as reading:
        execution = await reading.executions.get(UUID(made["id"]))
    assert execution.status == "failed"
    assert "does not belong" in (execution.error or "")
