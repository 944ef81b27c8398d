"""Whether people get the mail at the address that they gave."""

import asyncio
from collections import Counter
from datetime import datetime

import httpx2
import pytest
from sqlalchemy import text

from backend.core.config import Settings
from backend.core.scopes import SYSTEM
from backend.models.platform.audit_events import EventQuery
from backend.models.platform.mixins import now
from backend.repositories.unit_of_work import UnitOfWorkFactory
from tests.factories import PASSWORD
from tests.fixtures.application import PUBLIC_URL
from tests.fixtures.people import Person, SignedIn
from tests.fixtures.post import Post
from tests.fixtures.postgres import dump
from tests.fixtures.smtp import parts_of, token_in
from tests.integration.identity.test_sign_in import sign_in

ADA = {"email": "ada@example.com", "full_name": "Ada Lovelace", "password": PASSWORD}


async def register(client: httpx2.AsyncClient, **changes: str) -> httpx2.Response:
    return await client.post("/api/v1/auth/register", json=ADA | changes)


async def verify(client: httpx2.AsyncClient, token: str) -> httpx2.Response:
    return await client.post("/api/v1/auth/verify-email", json={"token": token})


async def verified_at(uow: UnitOfWorkFactory, email: str = ADA["email"]) -> datetime | None:
    async with uow.reading(SYSTEM) as reading:
        user = await reading.users.find_by_email(email)
    assert user is not None
    return user.email_verified_at


async def test_who_registers_gets_a_mail_with_a_link(
    client: httpx2.AsyncClient, post: Post
) -> None:
    registered = await register(client)

    message = await post.deliver()
    assert registered.json()["email_verified_at"] is None
    assert message["To"] == ADA["email"]
    written = parts_of(message)["text/plain"]
    assert f"{PUBLIC_URL}/verify-email#token={token_in(message)}" in written


@pytest.mark.parametrize("path", ["verify-email/resend", "password-reset"])
async def test_whoever_opens_an_account_has_no_say_in_its_mails(
    client: httpx2.AsyncClient, post: Post, signed_in: SignedIn, path: str
) -> None:
    """The address may be somebody else's."""
    person = await signed_in(full_name="http://evil.example.com")

    await person.post(f"/auth/{path}", json={"email": person.user.email})

    parts = parts_of(await post.deliver())
    assert not any("evil" in part for part in parts.values())


async def test_registrations_are_limited_by_network(client: httpx2.AsyncClient, post: Post) -> None:
    for n in range(19):
        await client.post("/api/v1/auth/password-reset", json={"email": f"p{n}@example.com"})
    await post.take_jobs()

    answers = [await register(client, email=f"{name}@example.com") for name in ("ada", "eve")]

    assert [answer.status_code for answer in answers] == [201, 429]
    assert 3500 < int(answers[1].headers["Retry-After"]) <= 3600
    assert len(await post.take_jobs()) == 1


async def test_a_registration_counts_as_a_mail_to_its_address(
    client: httpx2.AsyncClient, post: Post
) -> None:
    await register(client)
    ask = {"email": ADA["email"]}
    asked = [await client.post("/api/v1/auth/password-reset", json=ask) for _ in range(5)]

    assert [answer.status_code for answer in asked] == [202] * 4 + [429]


async def test_one_may_register_no_address_that_has_got_its_mails(
    client: httpx2.AsyncClient, post: Post, uow: UnitOfWorkFactory
) -> None:
    for _ in range(5):
        await client.post("/api/v1/auth/password-reset", json={"email": ADA["email"]})

    assert (await register(client)).status_code == 429

    async with uow.reading(SYSTEM) as reading:
        assert await reading.users.find_by_email(ADA["email"]) is None


async def test_the_address_is_in_no_request_for_a_mail(
    client: httpx2.AsyncClient, post: Post
) -> None:
    await register(client)

    async with post.database.engine.connect() as connection:
        kept = (await connection.execute(text("SELECT email FROM mail_requests"))).scalars().all()
    assert kept == [None]


async def test_a_registration_that_is_refused_sends_nothing(
    client: httpx2.AsyncClient, post: Post
) -> None:
    await register(client)
    await post.take_jobs()

    assert (await register(client)).status_code == 409
    assert await post.take_jobs() == []


async def test_nobody_finds_out_about_any_number_of_accounts(
    client: httpx2.AsyncClient, signed_in: SignedIn, post: Post, settings: Settings
) -> None:
    people = [await signed_in() for _ in range(settings.security.mail_requests_per_address + 2)]

    answers = await asyncio.gather(*(register(client, email=each.user.email) for each in people))

    assert Counter(each.status_code for each in answers) == {409: len(people) - 2, 429: 2}


async def test_what_is_refused_takes_no_mail_from_the_owner_of_the_address(
    client: httpx2.AsyncClient, signed_in: SignedIn, post: Post, settings: Settings
) -> None:
    ada = await signed_in(email=ADA["email"])
    for _ in range(settings.security.mail_requests_per_account):
        assert (await register(client)).status_code == 409

    asked = await client.post("/api/v1/auth/password-reset", json={"email": ada.user.email})

    assert asked.status_code == 202


async def test_the_link_verifies_the_address(
    client: httpx2.AsyncClient, post: Post, uow: UnitOfWorkFactory
) -> None:
    await register(client)
    token = await post.deliver_token()

    assert (await verify(client, token)).status_code == 204
    moment = await verified_at(uow)
    assert moment is not None
    tokens = (await sign_in(client)).json()
    me = await client.get(
        "/api/v1/users/me", headers={"Authorization": f"Bearer {tokens['access_token']}"}
    )
    assert datetime.fromisoformat(me.json()["email_verified_at"]) == moment
    async with uow.reading(SYSTEM) as reading:
        events = (await reading.events.page(EventQuery(type=["user.email_verified"]))).items
    assert [event.after("email_verified_at") for event in events] == [moment.isoformat()]


async def mailed_token(person: Person, post: Post) -> str:
    assert (await person.post("/auth/verify-email/resend")).status_code == 202
    return await post.deliver_token()


async def test_of_many_uses_at_once_one_counts(
    client: httpx2.AsyncClient, member: Person, post: Post
) -> None:
    token = await mailed_token(member, post)

    answers = await asyncio.gather(*(verify(client, token) for _ in range(10)))

    assert sorted(answer.status_code for answer in answers) == [204] + [422] * 9


async def test_one_link_makes_the_others_void(
    client: httpx2.AsyncClient, member: Person, post: Post
) -> None:
    first, second = [await mailed_token(member, post) for _ in range(2)]

    assert (await verify(client, first)).status_code == 204
    assert (await verify(client, second)).status_code == 422


async def test_an_account_that_an_admin_opens_is_not_verified_and_gets_no_mail(
    admin: Person, post: Post
) -> None:
    opened = await admin.post("/users", json=ADA)

    assert opened.json()["email_verified_at"] is None
    assert await post.take_jobs() == []


async def test_what_is_verified_is_not_verified_again(signed_in: SignedIn, post: Post) -> None:
    person = await signed_in(email_verified_at=now())

    assert (await person.post("/auth/verify-email/resend")).status_code == 409
    assert await post.take_jobs() == []


async def test_one_can_not_have_mails_sent_without_end(member: Person, post: Post) -> None:
    statuses = [(await member.post("/auth/verify-email/resend")).status_code for _ in range(6)]

    assert statuses == [202] * 5 + [429]
    assert len(await post.take_jobs()) == 5


async def test_the_token_is_in_no_table(client: httpx2.AsyncClient, post: Post) -> None:
    await register(client)
    before = await dump(post.database)
    token = await post.deliver_token()
    await verify(client, token)

    written = before + await dump(post.database)
    assert "verify_email" in written
    assert token not in written


@pytest.mark.parametrize("change", [{"is_active": False}, {"email": "another@example.com"}])
async def test_a_link_is_void_for_an_account_that_has_changed(
    client: httpx2.AsyncClient,
    member: Person,
    post: Post,
    uow: UnitOfWorkFactory,
    change: dict[str, object],
) -> None:
    token = await mailed_token(member, post)
    async with uow(SYSTEM) as unit:
        user = await unit.users.get(member.user.id)
        user.sqlmodel_update(change)
        await unit.users.save(user)
        await unit.commit()

    assert (await verify(client, token)).status_code == 422
