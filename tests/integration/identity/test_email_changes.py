"""Another address is confirmed at the new one, and told to the old one."""

import asyncio
from collections import Counter

import httpx2
import pytest

from backend.core.config import Settings
from tests.factories import PASSWORD
from tests.fixtures.application import PUBLIC_URL
from tests.fixtures.people import Person, SignedIn
from tests.fixtures.post import Post
from tests.fixtures.smtp import parts_of, token_in
from tests.integration.identity.test_sign_in import sign_in

NEW = "ada.king@example.com"


async def ask(person: Person, email: str = NEW, password: str = PASSWORD) -> httpx2.Response:
    return await person.post("/auth/email", json={"email": email, "password": password})


async def confirm(person: Person, token: str) -> httpx2.Response:
    return await person.client.post("/api/v1/auth/email/confirm", json={"token": token})


async def email_of(person: Person) -> str:
    return str((await person.get("/users/me")).json()["email"])


async def test_the_new_address_gets_a_link_and_nothing_changes_yet(
    member: Person, post: Post
) -> None:
    assert (await ask(member, "Ada.King@Example.com")).status_code == 202

    message = await post.deliver()
    assert message["To"] == NEW
    written = parts_of(message)["text/plain"]
    assert f"{PUBLIC_URL}/change-email#token={token_in(message)}" in written
    assert await email_of(member) == member.user.email


async def test_the_link_changes_the_address_and_tells_the_old_one(
    member: Person, post: Post
) -> None:
    await ask(member)
    token = await post.deliver_token()

    assert (await confirm(member, token)).status_code == 204

    told = await post.deliver()
    assert told["To"] == member.user.email
    assert NEW not in str(parts_of(told))
    me = (await member.get("/users/me")).json()
    assert me["email"] == NEW
    assert me["email_verified_at"] is not None
    assert (await sign_in(member.client, NEW, PASSWORD)).status_code == 200
    assert (await sign_in(member.client, member.user.email, PASSWORD)).status_code == 401


async def test_the_trail_has_both_addresses(member: Person, admin: Person, post: Post) -> None:
    await ask(member)
    await confirm(member, await post.deliver_token())

    query = {"subject_id": str(member.user.id), "sort": "occurred_at"}
    asked, changed = (await admin.get("/audit", params=query)).json()["items"]

    assert (asked["type"], changed["type"]) == (
        "user.email_change_requested",
        "user.email_changed",
    )
    assert changed["changes"]["email"] == {"before": member.user.email, "after": NEW}


async def test_an_address_that_somebody_took_meanwhile_is_refused(
    member: Person, signed_in: SignedIn, post: Post
) -> None:
    await ask(member)
    token = await post.deliver_token()
    await signed_in(email=NEW)

    refused = await confirm(member, token)

    assert refused.status_code == 409
    assert "already exists" in refused.json()["detail"]
    assert await email_of(member) == member.user.email


async def test_of_two_who_want_an_address_at_once_one_gets_it(
    member: Person, viewer: Person, post: Post
) -> None:
    tokens = []
    for person in (member, viewer):
        await ask(person)
        tokens.append(await post.deliver_token())

    answers = await asyncio.gather(*(confirm(member, token) for token in tokens))

    assert Counter(answer.status_code for answer in answers) == {204: 1, 409: 1}
    assert [await email_of(person) for person in (member, viewer)].count(NEW) == 1


async def test_a_link_used_twice_at_once_changes_it_once(
    member: Person, admin: Person, post: Post
) -> None:
    await ask(member)
    token = await post.deliver_token()

    answers = await asyncio.gather(*(confirm(member, token) for _ in range(4)))

    assert Counter(answer.status_code for answer in answers) == {204: 1, 422: 3}


async def test_the_newest_link_counts(member: Person, post: Post) -> None:
    await ask(member, "first@example.com")
    first = await post.deliver_token()
    await ask(member)

    second = await post.deliver_token()

    assert (await confirm(member, first)).status_code == 422
    assert (await confirm(member, second)).status_code == 204


async def test_a_wrong_password_asks_for_nothing(member: Person, post: Post) -> None:
    refused = await ask(member, password="wrong")

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["loc"] == ["body", "password"]
    assert await post.take_jobs() == []


async def test_an_address_in_use_is_not_asked_for(
    member: Person, viewer: Person, post: Post
) -> None:
    own, of_another = await ask(member, member.user.email), await ask(member, viewer.user.email)

    assert (own.status_code, of_another.status_code) == (409, 409)
    assert await post.take_jobs() == []


@pytest.mark.parametrize("end", ["logout-all", "password", "deactivate", "reset"])
async def test_who_takes_the_account_back_ends_the_change(
    member: Person, admin: Person, post: Post, end: str
) -> None:
    await ask(member)
    token = await post.deliver_token()
    match end:
        case "deactivate":
            await admin.post(f"/users/{member.user.id}/deactivate")
        case "password":
            change = {"current_password": PASSWORD, "new_password": "a new password"}
            await member.post("/auth/password", json=change)
        case "reset":
            await member.client.post(
                "/api/v1/auth/password-reset", json={"email": member.user.email}
            )
            given = {"token": await post.deliver_token(), "new_password": "a new password"}
            await member.client.post("/api/v1/auth/password-reset/confirm", json=given)
        case _:
            await member.post(f"/auth/{end}")

    assert (await confirm(member, token)).status_code == 422


async def test_links_to_the_old_address_are_dead_afterwards(member: Person, post: Post) -> None:
    body = {"email": member.user.email}
    await member.client.post("/api/v1/auth/password-reset", json=body)
    reset = await post.deliver_token()
    await ask(member)
    await confirm(member, await post.deliver_token())

    given = {"token": reset, "new_password": "a new password"}
    refused = await member.client.post("/api/v1/auth/password-reset/confirm", json=given)

    assert refused.status_code == 422


async def test_mails_to_one_address_are_limited_whoever_asks(
    signed_in: SignedIn, post: Post
) -> None:
    people = [await signed_in() for _ in range(6)]

    answers = [await ask(person) for person in people]

    assert Counter(answer.status_code for answer in answers) == {202: 5, 429: 1}


async def test_nobody_finds_out_about_any_number_of_accounts(
    member: Person, signed_in: SignedIn, post: Post, settings: Settings
) -> None:
    most = settings.security.mail_requests_per_address
    others = [await signed_in() for _ in range(most + 1)]

    answers = [await ask(member, each.user.email) for each in others]

    assert Counter(each.status_code for each in answers) == {409: most, 429: 1}
