"""Who belongs to an organisation: their role in it, and the end of it."""

import asyncio
from uuid import uuid4

import httpx2
import pytest

from backend.core.permissions import Role
from tests.factories import PASSWORD, make_user
from tests.fixtures.organisations import Company, Hire
from tests.fixtures.people import with_key

Companies = tuple[Company, Company]


async def test_the_role_is_that_of_the_membership(companies: Companies, hire: Hire) -> None:
    own, other = companies
    here = await hire(own, Role.ADMIN)
    there = await hire(other, Role.VIEWER, here.user)

    assert (await here.get("/users/me")).json()["role"] == "admin"
    assert (await there.get("/users/me")).json()["role"] == "viewer"
    assert (await here.post("/tasks", json={"title": "Call"})).status_code == 201
    assert (await there.post("/tasks", json={"title": "Call"})).status_code == 403
    assert own.marker not in (await there.get("/tasks")).text


async def test_an_admin_changes_a_role_in_their_organisation_alone(
    companies: Companies, hire: Hire
) -> None:
    own, other = companies
    here = await hire(own, Role.MANAGER)
    there = await hire(other, Role.MANAGER, here.user)
    path = f"/members/{here.user.id}"

    seen = await own.admin.get(path)
    changed = await own.admin.put(
        f"{path}/role", json={"role": "viewer"}, headers={"If-Match": seen.headers["ETag"]}
    )
    stale = await own.admin.put(
        f"{path}/role", json={"role": "member"}, headers={"If-Match": seen.headers["ETag"]}
    )

    assert (changed.status_code, changed.json()["role"]) == (200, "viewer")
    assert stale.status_code == 412
    assert (await here.get("/users/me")).json()["role"] == "viewer"
    assert (await there.get("/users/me")).json()["role"] == "manager"
    assert "user.member_role_changed" in (await own.admin.get("/audit")).text
    assert "user.member_role_changed" not in (await other.admin.get("/audit")).text


async def test_a_member_is_shown_as_their_account_is_now(companies: Companies, hire: Hire) -> None:
    """The version is that of the membership, which a change of the account does not touch."""
    own, _ = companies
    member = await hire(own, Role.MEMBER)
    seen = await own.admin.get(f"/members/{member.user.id}")
    assert (await member.patch("/users/me", json={"full_name": "Ada King"})).status_code == 200

    copy = {"If-None-Match": seen.headers["ETag"]}
    answer = await own.admin.get(f"/members/{member.user.id}", headers=copy)

    assert (answer.status_code, answer.json()["full_name"]) == (200, "Ada King")
    assert answer.headers["Cache-Control"] == "no-store"


async def test_an_organisation_says_what_ones_role_is_now(companies: Companies, hire: Hire) -> None:
    own, _ = companies
    member = await hire(own, Role.MEMBER)
    path = f"/organisations/{own.scope.organisation_id}"
    seen = await member.get(path)
    changed = await own.admin.put(f"/members/{member.user.id}/role", json={"role": "manager"})
    assert (seen.json()["role"], changed.status_code) == ("member", 200)

    answer = await member.get(path, headers={"If-None-Match": seen.headers["ETag"]})

    assert (answer.status_code, answer.json()["role"]) == (200, "manager")


async def test_what_ends_with_a_membership_ends_at_once(companies: Companies, hire: Hire) -> None:
    own, other = companies
    here = await hire(own, Role.ADMIN)
    there = await hire(other, Role.ADMIN, here.user)
    program_here, program_there = await with_key(here), await with_key(there)
    invited = {"email": "invited@example.com", "role": "member"}
    assert (await here.post("/invitations", json=invited)).status_code == 201
    assert (await program_here.get("/tasks")).status_code == 200

    removed = await own.admin.delete(f"/members/{here.user.id}")

    assert removed.status_code == 204
    assert (await here.get("/users/me")).status_code == 401
    assert (await program_here.get("/tasks")).status_code == 401
    assert "invited@example.com" not in (await own.admin.get("/invitations")).text
    assert (await own.admin.get(f"/members/{here.user.id}")).status_code == 404
    assert (await there.get("/users/me")).status_code == 200
    assert (await program_there.get("/tasks")).status_code == 200


async def test_a_member_who_leaves_is_gone(companies: Companies, hire: Hire) -> None:
    own, _ = companies
    member = await hire(own)

    assert (await member.post("/members/leave")).status_code == 204

    assert (await member.get("/users/me")).status_code == 401
    assert str(member.user.id) not in (await own.admin.get("/members")).text
    assert "user.member_left" in (await own.admin.get("/audit")).text


async def test_a_service_goes_with_its_membership(companies: Companies) -> None:
    own, _ = companies
    program = await with_key(own.admin, role="member")
    service = (await program.get("/users/me")).json()
    assert service["is_service"]

    removed = await own.admin.delete(f"/members/{service['id']}")

    assert removed.status_code == 204
    assert (await program.get("/tasks")).status_code == 401


async def test_the_last_active_admin_stays(companies: Companies) -> None:
    own, _ = companies
    path = f"/members/{own.admin.user.id}"

    answers = [
        await own.admin.post("/members/leave"),
        await own.admin.delete(path),
        await own.admin.put(f"{path}/role", json={"role": "viewer"}),
    ]

    assert [answer.status_code for answer in answers] == [409, 409, 409]
    assert (await own.admin.get("/members")).status_code == 200


async def test_of_two_admins_who_leave_at_once_one_stays(companies: Companies, hire: Hire) -> None:
    own, _ = companies
    second = await hire(own, Role.ADMIN)

    answers = await asyncio.gather(own.admin.post("/members/leave"), second.post("/members/leave"))

    assert sorted(answer.status_code for answer in answers) == [204, 409]


async def test_who_leaves_while_they_are_removed_is_gone_once(
    companies: Companies, hire: Hire
) -> None:
    own, _ = companies
    member = await hire(own)

    answers = await asyncio.gather(
        member.post("/members/leave"), own.admin.delete(f"/members/{member.user.id}")
    )

    codes = {answer.status_code for answer in answers}
    assert codes in ({204, 404}, {204, 401}), [answer.text for answer in answers]
    assert (await member.get("/users/me")).status_code == 401
    assert str(member.user.id) not in (await own.admin.get("/members")).text


@pytest.mark.parametrize("role", [Role.MANAGER, Role.VIEWER, Role.GUEST])
async def test_only_admins_manage_members(companies: Companies, hire: Hire, role: Role) -> None:
    own, _ = companies
    somebody, member = await hire(own, role), await hire(own)
    path = f"/members/{member.user.id}"

    answers = [
        await somebody.get("/members"),
        await somebody.get(path),
        await somebody.put(f"{path}/role", json={"role": "viewer"}),
        await somebody.delete(path),
    ]

    assert [answer.status_code for answer in answers] == [403] * 4


async def test_nobody_acts_by_the_role_of_their_account(
    companies: Companies, hire: Hire, divided_client: httpx2.AsyncClient
) -> None:
    own, other = companies
    member = await hire(own, Role.VIEWER, (await hire(other, Role.ADMIN)).user)
    await other.admin.delete(f"/members/{member.user.id}")
    form = {"username": member.user.email, "password": PASSWORD}

    tokens = await divided_client.post("/api/v1/auth/token", data=form)

    headers = {"Authorization": f"Bearer {tokens.json()['access_token']}"}
    me = await divided_client.get("/api/v1/users/me", headers=headers)
    assert me.json()["role"] == "viewer"


async def test_a_member_of_another_organisation_is_not_found(companies: Companies) -> None:
    own, other = companies
    for user_id in (other.admin.user.id, uuid4(), make_user().id):
        assert (await own.admin.get(f"/members/{user_id}")).status_code == 404
        assert (await own.admin.delete(f"/members/{user_id}")).status_code == 404
