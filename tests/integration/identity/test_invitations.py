"""Who may open an account, and with which role."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from backend.core.config import Settings
from backend.core.permissions import ROLE_PERMISSIONS, Permission, Role
from backend.core.scopes import SYSTEM
from backend.models.platform.audit_events import EventQuery
from backend.models.platform.mixins import now
from backend.repositories.unit_of_work import UnitOfWorkFactory
from tests.factories import PASSWORD, make_invitation, make_user
from tests.fixtures.application import PUBLIC_URL
from tests.fixtures.passwords import HeldPasswords
from tests.fixtures.people import Person, SignedIn
from tests.fixtures.post import Post
from tests.fixtures.postgres import dump
from tests.fixtures.smtp import parts_of, token_in
from tests.integration.identity.test_sign_in import sign_in

GRACE = {"email": "grace@example.com", "role": "manager"}


async def invite(admin: Person, **fields: Any) -> dict[str, Any]:
    answer = await admin.post("/invitations", json=GRACE | fields)
    assert answer.status_code == 201, answer.text
    invitation: dict[str, Any] = answer.json()
    return invitation


async def accept(client: httpx2.AsyncClient, token: str, **fields: Any) -> httpx2.Response:
    body = {"token": token, "full_name": "Grace Hopper", "password": PASSWORD} | fields
    return await client.post("/api/v1/auth/accept-invitation", json=body)


async def test_who_is_invited_gets_a_mail_with_a_link(admin: Person, post: Post) -> None:
    invitation = await invite(admin, email="Grace@Example.com")

    message = await post.deliver()
    assert message["To"] == invitation["email"] == GRACE["email"]
    assert message["Subject"] == f"{admin.user.full_name} invites you"
    link = f"{PUBLIC_URL}/accept-invitation#token={token_in(message)}"
    assert link in parts_of(message)["text/plain"]


async def test_the_link_opens_an_account_with_the_role(
    client: httpx2.AsyncClient, admin: Person, post: Post
) -> None:
    invitation = await invite(admin)

    accepted = await accept(client, await post.deliver_token())

    assert accepted.status_code == 201
    user = accepted.json()
    assert (user["email"], user["role"]) == (GRACE["email"], GRACE["role"])
    assert (user["full_name"], user["is_active"]) == ("Grace Hopper", True)
    assert user["email_verified_at"] is not None
    assert accepted.headers["Location"] == "/api/v1/users/me"
    assert (await sign_in(client, GRACE["email"])).status_code == 200
    kept = (await admin.get(f"/invitations/{invitation['id']}")).json()
    assert kept["user_id"] == user["id"]
    assert kept["accepted_at"] is not None


async def test_the_role_is_not_for_the_invited_to_choose(
    client: httpx2.AsyncClient, admin: Person, post: Post
) -> None:
    await invite(admin)

    answer = await accept(client, await post.deliver_token(), role="admin")

    assert answer.status_code == 422


async def test_of_two_who_accept_at_once_one_gets_an_account(
    client: httpx2.AsyncClient, admin: Person, post: Post
) -> None:
    await invite(admin)
    token = await post.deliver_token()

    answers = await asyncio.gather(*(accept(client, token) for _ in range(3)))

    assert sorted(answer.status_code for answer in answers) == [201, 422, 422]


async def test_somebody_with_an_account_is_not_invited(
    admin: Person, post: Post, uow: UnitOfWorkFactory
) -> None:
    async with uow(SYSTEM) as unit:
        await unit.users.save(make_user(email=GRACE["email"]))
        await unit.commit()

    answer = await admin.post("/invitations", json=GRACE)

    assert answer.status_code == 409
    assert "user" in answer.json()["detail"]
    assert await post.take_jobs() == []


async def test_who_has_got_an_account_meanwhile_keeps_that_one(
    client: httpx2.AsyncClient, admin: Person, post: Post, uow: UnitOfWorkFactory
) -> None:
    await invite(admin)
    token = await post.deliver_token()
    async with uow(SYSTEM) as unit:
        await unit.users.save(make_user(email=GRACE["email"]))
        await unit.commit()

    assert (await accept(client, token)).status_code == 409


async def test_an_address_has_one_open_invitation(admin: Person, post: Post) -> None:
    answers = await asyncio.gather(*(admin.post("/invitations", json=GRACE) for _ in range(4)))

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert "send it again, or revoke it" in refused.json()["detail"]
    assert len(await post.take_jobs()) == 1


async def test_nobody_gets_any_number_of_invitations(
    admin: Person, signed_in: SignedIn, settings: Settings, client: httpx2.AsyncClient
) -> None:
    """However they are sent: an invitation again, or another one."""
    most = settings.security.mail_requests_per_account
    path = f"/invitations/{(await invite(admin))['id']}"
    others = [await signed_in(Role.ADMIN) for _ in range(most + 1)]

    again = await asyncio.gather(*(each.post(f"{path}/resend") for each in others))

    statuses = Counter(each.status_code for each in again)
    assert statuses == {200: most - 1, 429: 2}
    assert (await admin.delete(path)).status_code == 204
    refused = await admin.post("/invitations", json=GRACE)
    assert (refused.status_code, "Retry-After" in refused.headers) == (429, True)
    await invite(admin, email="somebody.else@example.com")
    # Their own mails are counted apart.
    asked = await client.post("/api/v1/auth/password-reset", json={"email": GRACE["email"]})
    assert asked.status_code == 202


async def test_a_revoked_invitation_opens_nothing(
    client: httpx2.AsyncClient, admin: Person, post: Post
) -> None:
    invitation = await invite(admin)
    token = await post.deliver_token()

    assert (await admin.delete(f"/invitations/{invitation['id']}")).status_code == 204

    assert (await accept(client, token)).status_code == 422
    assert (await admin.get(f"/invitations/{invitation['id']}")).status_code == 404
    assert await invite(admin)


async def test_an_invitation_that_is_revoked_while_it_is_accepted_opens_nothing(
    client: httpx2.AsyncClient, admin: Person, post: Post, held_passwords: HeldPasswords
) -> None:
    invitation = await invite(admin)
    token = await post.deliver_token()

    held_passwords.hold()
    accepting = asyncio.create_task(accept(client, token))
    await held_passwords.begun.wait()
    await admin.delete(f"/invitations/{invitation['id']}")
    held_passwords.go_on.set()

    assert (await accepting).status_code == 422


async def test_an_invitation_that_is_revoked_before_its_mail_is_sent_is_not_sent(
    admin: Person, post: Post
) -> None:
    invitation = await invite(admin)
    await admin.delete(f"/invitations/{invitation['id']}")

    await post.run_jobs()

    assert post.smtp.inbox == []


async def test_sending_again_makes_the_first_link_void(
    client: httpx2.AsyncClient, admin: Person, post: Post
) -> None:
    invitation = await invite(admin)
    first = await post.deliver_token()

    again = await admin.post(f"/invitations/{invitation['id']}/resend")
    second = await post.deliver_token()

    assert again.status_code == 200
    assert again.json()["expires_at"] > invitation["expires_at"]
    assert (await accept(client, first)).status_code == 422
    assert (await accept(client, second)).status_code == 201


async def test_what_is_accepted_can_be_neither_revoked_nor_sent_again(
    admin: Person, uow: UnitOfWorkFactory
) -> None:
    invitation = make_invitation(invited_by=admin.user.id, accepted_at=now())
    async with uow(SYSTEM) as unit:
        await unit.invitations.save(invitation)
        await unit.commit()
    path = f"/invitations/{invitation.id}"

    for answer in (await admin.delete(path), await admin.post(f"{path}/resend")):
        assert answer.status_code == 409
        assert "accepted" in answer.json()["detail"]


async def test_an_expired_invitation_opens_nothing_until_it_is_sent_again(
    client: httpx2.AsyncClient, admin: Person, post: Post, uow: UnitOfWorkFactory
) -> None:
    expired = make_invitation(invited_by=admin.user.id, expires_at=now() - timedelta(days=1))
    async with uow(SYSTEM) as unit:
        await unit.invitations.save(expired)
        await unit.commit()

    await admin.post(f"/invitations/{expired.id}/resend")

    assert (await accept(client, await post.deliver_token())).status_code == 201


async def test_who_did_not_accept_in_time_can_be_invited_again(
    admin: Person, uow: UnitOfWorkFactory
) -> None:
    expired = make_invitation(invited_by=admin.user.id, expires_at=now() - timedelta(days=1))
    async with uow(SYSTEM) as unit:
        await unit.invitations.save(expired)
        await unit.commit()

    again = await admin.post("/invitations", json={"email": expired.email, "role": "member"})

    assert again.status_code == 201
    assert (await admin.get(f"/invitations/{expired.id}")).status_code == 404


async def test_the_list_can_be_filtered_by_status(admin: Person, uow: UnitOfWorkFactory) -> None:
    by = {"invited_by": admin.user.id}
    rows = {
        "open": make_invitation(**by),
        "expired": make_invitation(expires_at=now() - timedelta(days=1), **by),
        "accepted": make_invitation(accepted_at=now(), **by),
    }
    async with uow(SYSTEM) as unit:
        await unit.invitations.save_many(rows.values())
        await unit.commit()

    for status, row in rows.items():
        listed = (await admin.get("/invitations", params={"status": status})).json()["items"]
        assert [item["id"] for item in listed] == [str(row.id)]
    both = (await admin.get("/invitations", params={"status": ["open", "expired"]})).json()
    assert len(both["items"]) == 2
    assert len((await admin.get("/invitations")).json()["items"]) == 3


async def test_all_of_it_is_recorded_but_for_the_token(
    client: httpx2.AsyncClient, admin: Person, post: Post, uow: UnitOfWorkFactory
) -> None:
    invitation = await invite(admin)
    seen = [await dump(post.database)]
    token = await post.deliver_token()
    user = (await accept(client, token)).json()
    revoked = await invite(admin, email="other@example.com")
    await admin.post(f"/invitations/{revoked['id']}/resend")
    await admin.delete(f"/invitations/{revoked['id']}")
    seen.append(await dump(post.database))

    assert not any(token in each for each in seen)
    async with uow.reading(SYSTEM) as reading:
        events = (await reading.events.page(EventQuery())).items
    told = {(event.type, str(event.subject_id), event.actor_id) for event in events}
    assert told == {
        ("invitation.created", invitation["id"], admin.user.id),
        ("invitation.accepted", invitation["id"], None),
        ("user.created", user["id"], None),
        ("invitation.created", revoked["id"], admin.user.id),
        ("invitation.sent_again", revoked["id"], admin.user.id),
        ("invitation.revoked", revoked["id"], admin.user.id),
    }
    created = next(event for event in events if event.type == "invitation.created")
    assert created.after("role") == GRACE["role"]


async def demote(by: Person, person: Person) -> httpx2.Response:
    return await by.put(f"/users/{person.user.id}/role", json={"role": "manager"})


async def deactivate(by: Person, person: Person) -> httpx2.Response:
    return await by.post(f"/users/{person.user.id}/deactivate")


async def activate(by: Person, person: Person) -> httpx2.Response:
    return await by.post(f"/users/{person.user.id}/activate")


@pytest.mark.parametrize("take_away", [demote, deactivate])
async def test_an_invitation_dies_with_the_right_to_invite(
    client: httpx2.AsyncClient, admin: Person, signed_in: SignedIn, post: Post, take_away: Any
) -> None:
    inviter = await signed_in(Role.ADMIN)
    invitation = await invite(inviter)
    token = await post.deliver_token()

    await take_away(admin, inviter)

    assert (await accept(client, token)).status_code == 422
    assert (await admin.get(f"/invitations/{invitation['id']}")).status_code == 404
    (event,) = (await admin.get("/audit", params={"type": "invitation.revoked"})).json()["items"]
    assert (event["subject_id"], event["actor_id"]) == (invitation["id"], str(admin.user.id))


async def test_a_dead_invitation_does_not_come_back_with_its_inviter(
    client: httpx2.AsyncClient, admin: Person, signed_in: SignedIn, post: Post
) -> None:
    inviter = await signed_in(Role.ADMIN)
    await invite(inviter)
    token = await post.deliver_token()

    await deactivate(admin, inviter)
    await activate(admin, inviter)

    assert (await accept(client, token)).status_code == 422


async def test_a_mail_of_a_dead_invitation_is_not_sent(
    admin: Person, signed_in: SignedIn, post: Post
) -> None:
    inviter = await signed_in(Role.ADMIN)
    await invite(inviter)

    await deactivate(admin, inviter)
    await post.run_jobs()

    assert post.smtp.inbox == []


async def test_other_invitations_and_accounts_that_came_of_one_stay(
    client: httpx2.AsyncClient, admin: Person, signed_in: SignedIn, post: Post
) -> None:
    inviter = await signed_in(Role.ADMIN)
    await invite(inviter)
    assert (await accept(client, await post.deliver_token())).status_code == 201
    kept = await invite(admin, email="other@example.com")

    await deactivate(admin, inviter)

    assert (await sign_in(client, GRACE["email"])).status_code == 200
    assert (await admin.get(f"/invitations/{kept['id']}")).status_code == 200


async def test_a_role_that_may_still_invite_ends_no_invitation(
    client: httpx2.AsyncClient, admin: Person, signed_in: SignedIn, post: Post
) -> None:
    inviter = await signed_in(Role.ADMIN)
    await invite(inviter)
    token = await post.deliver_token()

    await admin.put(f"/users/{inviter.user.id}/role", json={"role": "admin"})

    assert (await accept(client, token)).status_code == 201


async def test_who_sends_an_invitation_again_answers_for_it(
    client: httpx2.AsyncClient, admin: Person, signed_in: SignedIn, post: Post
) -> None:
    inviter = await signed_in(Role.ADMIN)
    invitation = await invite(inviter)
    await post.deliver()

    again = await admin.post(f"/invitations/{invitation['id']}/resend")
    token = await post.deliver_token()
    await deactivate(admin, inviter)

    assert again.json()["invited_by"] == str(admin.user.id)
    assert (await accept(client, token)).status_code == 201


@pytest.mark.parametrize("fields", [{"is_active": False}, {"role": Role.MANAGER}])
async def test_what_was_left_by_an_inviter_without_the_right_opens_nothing(
    client: httpx2.AsyncClient,
    admin: Person,
    post: Post,
    uow: UnitOfWorkFactory,
    fields: dict[str, Any],
) -> None:
    """As an older version has left it, or somebody who has changed the user by hand."""
    await invite(admin)
    token = await post.deliver_token()
    async with uow(SYSTEM) as unit:
        inviter = await unit.users.get(admin.user.id)
        inviter.sqlmodel_update(fields)
        await unit.users.save(inviter)
        await unit.commit()

    assert (await accept(client, token)).status_code == 422


async def test_nobody_gives_more_than_they_have(
    client: httpx2.AsyncClient,
    admin: Person,
    post: Post,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await invite(admin)
    token = await post.deliver_token()
    less = ROLE_PERMISSIONS[Role.ADMIN] - {Permission.FILES_DELETE}
    monkeypatch.setitem(ROLE_PERMISSIONS, Role.ADMIN, less)

    refused = await admin.post("/invitations", json={"email": "x@example.com", "role": "manager"})

    assert refused.status_code == 403
    assert "manager" in refused.json()["detail"]
    assert (await accept(client, token)).status_code == 422
    assert (await invite(admin, email="x@example.com", role="member"))["role"] == "member"


async def test_an_invitation_and_the_end_of_its_inviter_at_once_leave_none_behind(
    admin: Person, signed_in: SignedIn
) -> None:
    for _ in range(5):
        inviter = await signed_in(Role.ADMIN)
        body = {"email": f"{inviter.user.id.hex}@example.com", "role": "member"}

        await asyncio.gather(inviter.post("/invitations", json=body), deactivate(admin, inviter))

        listed = (await admin.get("/invitations", params={"status": "open"})).json()["items"]
        assert [each for each in listed if each["email"] == body["email"]] == []
