"""Admins sign in as somebody else: for a reason and a time, marked, and told."""

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from backend.core.config import Settings
from backend.core.database import Database
from backend.core.permissions import Role
from backend.models.platform.job_requests import Queue
from tests.fixtures.application import running_app
from tests.fixtures.jobs import Jobs
from tests.fixtures.people import Person, SignedIn, with_key
from tests.fixtures.post import Post
from tests.fixtures.smtp import parts_of
from tests.fixtures.waiting import eventually
from tests.integration.identity.test_api_keys import execute

BODY: dict[str, Any] = {"reason": "The import fails for her alone", "minutes": 30}


async def as_somebody(admin: Person, person: Person, **body: Any) -> Person:
    """The admin, signed in as the person."""
    answer = await admin.post(f"/users/{person.user.id}/impersonate", json=BODY | body)
    assert answer.status_code == 200, answer.text
    return replace(person, token=answer.json()["access_token"])


async def test_it_is_them_with_their_rights(admin: Person, member: Person) -> None:
    acting = await as_somebody(admin, member)

    assert (await acting.get("/users/me")).json()["id"] == str(member.user.id)
    assert (await acting.post("/tasks", json={"title": "Call"})).status_code == 201
    assert (await acting.get("/users")).status_code == 403


async def test_each_event_is_marked(admin: Person, member: Person) -> None:
    acting = await as_somebody(admin, member)
    task = (await acting.post("/tasks", json={"title": "Call"})).json()["id"]

    [event] = (await admin.get("/audit", params={"subject_id": task})).json()["items"]
    begun = (await admin.get("/audit", params={"type": "session.impersonated"})).json()["items"]

    assert (event["actor_id"], event["impersonator_id"]) == (
        str(member.user.id),
        str(admin.user.id),
    )
    assert begun[0]["actor_id"] == str(admin.user.id)
    assert begun[0]["changes"]["reason"]["after"] == BODY["reason"]


async def test_each_event_of_what_runs_on_in_the_background_is_marked(
    admin: Person, member: Person, jobs: Jobs
) -> None:
    acting = await as_somebody(admin, member)
    sent = {"file": ("customers.csv", b"name\nAcme\n", "text/csv")}
    file = (await acting.post("/files", files=sent)).json()["id"]
    inputs = {"resource": "customers", "file_id": file}
    made = await acting.post("/executions", json={"kind": "import", "inputs": inputs})
    assert made.status_code == 202, made.text

    await jobs.drain(Queue.EXECUTIONS)

    assert (await member.get("/customers")).json()["items"]
    theirs = {"actor_id": str(member.user.id)}
    events = (await admin.get("/audit", params=theirs)).json()["items"]
    assert {"customer.imported", "execution.finished"} <= {each["type"] for each in events}
    assert {each["impersonator_id"] for each in events} == {str(admin.user.id)}


async def test_what_its_owner_retries_is_theirs_again(
    admin: Person, member: Person, jobs: Jobs
) -> None:
    acting = await as_somebody(admin, member)
    report = {"kind": "report", "inputs": {"report": "tasks_by_age"}}
    made = (await acting.post("/executions", json=report)).json()["id"]
    await acting.post(f"/executions/{made}/cancel")
    assert (await member.post(f"/executions/{made}/retry")).status_code == 202

    await jobs.drain(Queue.EXECUTIONS)

    params = {"subject_id": made, "type": "execution.finished"}
    ended, cancelled = (await admin.get("/audit", params=params)).json()["items"]
    assert (ended["actor_id"], ended["impersonator_id"]) == (str(member.user.id), None)
    assert cancelled["impersonator_id"] == str(admin.user.id)


async def test_the_person_is_told_and_can_end_it(admin: Person, member: Person, post: Post) -> None:
    acting = await as_somebody(admin, member)

    message = await post.deliver()

    assert message["To"] == member.user.email
    said = parts_of(message)["text/plain"]
    assert admin.user.full_name in said
    assert BODY["reason"] in said
    sessions = (await member.get("/auth/sessions")).json()["items"]
    [theirs] = [each for each in sessions if each["impersonator_id"] == str(admin.user.id)]
    await member.delete(f"/auth/sessions/{theirs['id']}")
    assert (await acting.get("/users/me")).status_code == 401


async def test_what_is_for_the_person_alone_stays_closed(
    admin: Person, signed_in: SignedIn
) -> None:
    other = await signed_in(Role.ADMIN)
    acting = await as_somebody(admin, other)

    refused = [
        await acting.post("/api-keys", json={"name": "Mine now"}),
        await acting.post("/auth/logout-all"),
        await acting.get("/auth/sessions"),
        await acting.post("/users/me/export"),
        await acting.post(f"/users/{admin.user.id}/deactivate"),
        await acting.post(f"/users/{admin.user.id}/impersonate", json=BODY),
        await acting.request("DELETE", "/users/me", json={"password": "x"}),
    ]

    assert {each.status_code for each in refused} == {403}
    assert all("somebody else" in each.json()["detail"] for each in refused)


async def test_it_ends_with_its_time(admin: Person, member: Person, database: Database) -> None:
    acting = await as_somebody(admin, member, minutes=1)
    ended = "UPDATE sessions SET expires_at = now() WHERE impersonator_id IS NOT NULL"
    await execute(database, ended)
    # Another process would remember who it is for as long as the session was to last.
    await execute(database, "UPDATE users SET role = 'viewer' WHERE role = 'member'")

    await eventually(401, lambda: acting.get("/users/me"))


@pytest.mark.parametrize("end", ["deactivate", "demote"])
async def test_it_ends_with_the_rights_of_the_admin(
    admin: Person, member: Person, signed_in: SignedIn, end: str
) -> None:
    other = await signed_in(Role.ADMIN)
    acting = await as_somebody(other, member)
    assert (await acting.get("/users/me")).status_code == 200

    if end == "deactivate":
        await admin.post(f"/users/{other.user.id}/deactivate")
    else:
        await admin.put(f"/users/{other.user.id}/role", json={"role": "manager"})

    await eventually(401, lambda: acting.get("/users/me"))


async def test_it_ends_with_all_sessions_of_the_admin(
    admin: Person, member: Person, signed_in: SignedIn
) -> None:
    """Whoever began it may have been in a session that was not theirs."""
    other = await signed_in(Role.ADMIN)
    acting, kept = await as_somebody(other, member), await as_somebody(admin, member)

    assert (await other.post("/auth/logout-all")).status_code == 204

    await eventually(401, lambda: acting.get("/users/me"))
    assert (await kept.get("/users/me")).status_code == 200


async def test_it_ends_with_the_account_of_the_admin(
    admin: Person, member: Person, signed_in: SignedIn, jobs: Jobs
) -> None:
    other = await signed_in(Role.ADMIN)
    acting = await as_somebody(other, member)

    await jobs.services.operations.eraser.erase(other.user.id)

    await eventually(401, lambda: acting.get("/users/me"))


async def test_who_cant_sign_in_and_oneself_are_refused(
    admin: Person, member: Person, database: Database
) -> None:
    program = await with_key(admin, role="member")
    service = (await program.get("/users/me")).json()["id"]
    await admin.post(f"/users/{member.user.id}/deactivate")

    for user_id in (admin.user.id, service, member.user.id):
        refused = await admin.post(f"/users/{user_id}/impersonate", json=BODY)
        assert refused.status_code == 409


@pytest.mark.parametrize("body", [{"reason": ""}, {"minutes": 61}, {"minutes": 0}])
async def test_it_takes_a_reason_and_a_time(
    admin: Person, member: Person, body: dict[str, Any]
) -> None:
    refused = await admin.post(f"/users/{member.user.id}/impersonate", json=BODY | body)

    assert refused.status_code == 422


async def test_nobody_else_may(manager: Person, member: Person, admin: Person) -> None:
    for caller in (manager, await with_key(admin)):
        refused = await caller.post(f"/users/{member.user.id}/impersonate", json=BODY)
        assert refused.status_code == 403


async def begun(admin: Person, person: Person) -> tuple[str, Person]:
    """The id of an impersonation, and the admin, signed in as the person."""
    answer = await admin.post(f"/users/{person.user.id}/impersonate", json=BODY)
    return answer.json()["id"], replace(person, token=answer.json()["access_token"])


async def test_any_admin_sees_and_ends_it(
    admin: Person, member: Person, signed_in: SignedIn
) -> None:
    other = await signed_in(Role.ADMIN)
    impersonation_id, acting = await begun(admin, member)
    [listed] = (await other.get("/impersonations")).json()["items"]

    ended = await other.delete(f"/impersonations/{impersonation_id}")

    assert listed["id"] == impersonation_id
    assert listed["user_id"] == str(member.user.id)
    assert listed["impersonator_id"] == str(admin.user.id)
    assert listed["reason"] == BODY["reason"]
    assert ended.status_code == 204
    assert (await acting.get("/users/me")).status_code == 401
    assert (await other.get("/impersonations")).json()["items"] == []
    query = {"subject_id": impersonation_id, "type": "session.revoked"}
    [event] = (await admin.get("/audit", params=query)).json()["items"]
    assert event["actor_id"] == str(other.user.id)


async def test_only_what_is_an_impersonation_is_ended(admin: Person, member: Person) -> None:
    impersonation_id, _ = await begun(admin, member)
    path = f"/impersonations/{impersonation_id}"

    assert (await admin.delete(f"/impersonations/{member.session.id}")).status_code == 404
    assert (await member.get("/users/me")).status_code == 200
    assert [(await admin.delete(path)).status_code for _ in range(2)] == [204, 404]


async def test_neither_keys_nor_the_impersonator_as_somebody_end_it(
    admin: Person, signed_in: SignedIn
) -> None:
    impersonation_id, acting = await begun(admin, await signed_in(Role.ADMIN))

    for caller in (acting, await with_key(admin)):
        refused = await caller.delete(f"/impersonations/{impersonation_id}")
        assert refused.status_code == 403


async def test_the_person_ends_it_from_the_mail_once(
    admin: Person, member: Person, post: Post
) -> None:
    _, acting = await begun(admin, member)
    body = {"token": await post.deliver_token()}

    path = "/api/v1/auth/end-impersonation"
    answers = await asyncio.gather(*(member.client.post(path, json=body) for _ in range(3)))

    assert Counter(each.status_code for each in answers) == {204: 1, 422: 2}
    assert (await acting.get("/users/me")).status_code == 401
    assert (await member.get("/users/me")).status_code == 200


async def test_the_link_of_one_that_has_ended_does_nothing(
    admin: Person, member: Person, post: Post
) -> None:
    impersonation_id, _ = await begun(admin, member)
    body = {"token": await post.deliver_token()}
    await admin.delete(f"/impersonations/{impersonation_id}")

    refused = await member.client.post("/api/v1/auth/end-impersonation", json=body)

    assert refused.status_code == 422
    [error] = refused.json()["errors"]
    assert error["type"] == "invalid_token"


async def test_a_session_that_was_opened_by_the_person_is_not_listed(
    admin: Person, member: Person
) -> None:
    assert (await admin.get("/impersonations")).json()["items"] == []


async def test_somebody_whose_role_needs_a_factor_that_they_have_not_set_up_can_be_helped(
    admin: Person, member: Person, settings: Settings
) -> None:
    """The admin has signed in with theirs, if they need one."""
    security = settings.security.model_copy(update={"require_second_factor": [Role.MEMBER]})
    async with running_app(settings.model_copy(update={"security": security})) as strict:
        acting = await as_somebody(replace(admin, client=strict), replace(member, client=strict))

        assert (await acting.get("/users/me")).status_code == 200
