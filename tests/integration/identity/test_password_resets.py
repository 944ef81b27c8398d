"""A new password for whoever gets the mail at an account's address."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from backend.core.config import Settings
from backend.core.scopes import SYSTEM
from backend.main import create_app
from backend.models.mail.mails import Mail, MailKind
from backend.models.platform.audit_events import EventQuery
from backend.models.platform.mixins import now
from backend.process_state import process_state
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.repositories.unit_of_work import UnitOfWorkFactory
from backend.wiring import wire
from tests.factories import PASSWORD, make_identity, make_user
from tests.fixtures.application import PUBLIC_URL, client_of
from tests.fixtures.authenticator import Authenticator
from tests.fixtures.people import Person, SignedIn
from tests.fixtures.post import Post
from tests.fixtures.postgres import dump
from tests.fixtures.smtp import parts_of, token_in
from tests.integration.identity.passkeys import register, sign_in as sign_in_with_passkey
from tests.integration.identity.test_email_verification import verified_at
from tests.integration.identity.test_sign_in import sign_in

EMAIL = "ada@example.com"
NEW = "another battery staple"


@pytest.fixture
async def ada(signed_in: SignedIn) -> Person:
    return await signed_in(email=EMAIL)


async def ask(client: httpx2.AsyncClient, email: str = EMAIL) -> httpx2.Response:
    return await client.post("/api/v1/auth/password-reset", json={"email": email})


async def confirm(
    client: httpx2.AsyncClient, token: str, new_password: str = NEW
) -> httpx2.Response:
    body = {"token": token, "new_password": new_password}
    return await client.post("/api/v1/auth/password-reset/confirm", json=body)


async def reset_token(client: httpx2.AsyncClient, post: Post) -> str:
    assert (await ask(client)).status_code == 202
    return await post.deliver_token()


async def test_the_link_sets_a_new_password(
    client: httpx2.AsyncClient, ada: Person, post: Post
) -> None:
    await ask(client)
    message = await post.deliver()
    token = token_in(message)

    assert message["To"] == EMAIL
    assert f"{PUBLIC_URL}/reset-password#token={token}" in parts_of(message)["text/plain"]
    assert (await confirm(client, token)).status_code == 204
    assert (await sign_in(client, password=PASSWORD)).status_code == 401
    assert (await sign_in(client, password=NEW)).status_code == 200


async def test_what_was_planted_in_an_account_that_was_never_verified_ends(
    client: httpx2.AsyncClient, ada: Person, post: Post, uow: UnitOfWorkFactory
) -> None:
    """Whoever opened it for an address that is not theirs keeps no key, identity or passkey."""
    key = (await ada.post("/api-keys", json={"name": "Planted"})).json()["key"]
    device = Authenticator()
    await register(ada, device)
    await post.run_jobs()  # those of the mail that says so
    async with uow(SYSTEM) as unit:
        await unit.linked_identities.save(make_identity(user_id=ada.user.id))
        await unit.commit()

    await confirm(client, await reset_token(client, post))

    assert (await replace(ada, token=key).get("/users/me")).status_code == 401
    async with uow.reading(SYSTEM) as reading:
        assert await reading.linked_identities.count_of(ada.user.id) == 0
    assert (await sign_in_with_passkey(client, device)).status_code == 401


async def test_a_new_password_ends_all_sessions(
    client: httpx2.AsyncClient, ada: Person, post: Post
) -> None:
    others = [(await sign_in(client)).json() for _ in range(2)]
    token = await reset_token(client, post)
    assert (await ada.get("/users/me")).status_code == 200

    await confirm(client, token)

    assert (await ada.get("/users/me")).status_code == 401
    for tokens in others:
        body = {"refresh_token": tokens["refresh_token"]}
        assert (await client.post("/api/v1/auth/refresh", json=body)).status_code == 401


async def test_a_new_password_makes_the_other_links_void(
    client: httpx2.AsyncClient, ada: Person, post: Post
) -> None:
    first, second = [await reset_token(client, post) for _ in range(2)]

    assert (await confirm(client, second)).status_code == 204
    assert (await confirm(client, first)).status_code == 422


async def test_a_password_that_its_owner_changes_makes_the_links_void(
    client: httpx2.AsyncClient, ada: Person, post: Post
) -> None:
    token = await reset_token(client, post)
    change = {"current_password": PASSWORD, "new_password": NEW}
    assert (await ada.post("/auth/password", json=change)).status_code == 204

    assert (await confirm(client, token)).status_code == 422


async def test_a_password_that_an_admin_sets_makes_the_links_void(
    client: httpx2.AsyncClient, ada: Person, post: Post
) -> None:
    token = await reset_token(client, post)
    await post.services.identity.users.reset_password(ada.user.id, NEW)

    assert (await confirm(client, token)).status_code == 422


async def test_the_link_shows_that_the_address_is_right(
    client: httpx2.AsyncClient, ada: Person, post: Post, uow: UnitOfWorkFactory
) -> None:
    token = await reset_token(client, post)
    assert await verified_at(uow) is None

    await confirm(client, token)

    assert await verified_at(uow) is not None


async def test_an_address_that_was_verified_keeps_its_moment(
    client: httpx2.AsyncClient, signed_in: SignedIn, post: Post, uow: UnitOfWorkFactory
) -> None:
    moment = now() - timedelta(days=1)
    await signed_in(email=EMAIL, email_verified_at=moment)

    await confirm(client, await reset_token(client, post))

    assert await verified_at(uow) == moment


async def test_of_many_uses_at_once_one_counts(
    client: httpx2.AsyncClient, ada: Person, post: Post
) -> None:
    token = await reset_token(client, post)
    passwords = [f"password number {number}" for number in range(3)]

    answers = await asyncio.gather(*(confirm(client, token, each) for each in passwords))

    statuses = [answer.status_code for answer in answers]
    assert sorted(statuses) == [204] + [422] * 2
    won = passwords[statuses.index(204)]
    assert (await sign_in(client, password=won)).status_code == 200


async def test_two_links_used_at_once_do_not_wait_for_each_other_for_ever(
    client: httpx2.AsyncClient, ada: Person, post: Post
) -> None:
    tokens = [await reset_token(client, post) for _ in range(2)]

    answers = await asyncio.gather(*(confirm(client, token) for token in tokens))

    assert sorted(answer.status_code for answer in answers) == [204, 422]


@pytest.fixture
async def addresses(uow: UnitOfWorkFactory) -> list[str]:
    """Of an account, of a deactivated one, and of none."""
    async with uow(SYSTEM) as unit:
        await unit.users.save(make_user(email=EMAIL))
        await unit.users.save(make_user(email="gone@example.com", is_active=False))
        await unit.commit()
    return [EMAIL, "gone@example.com", "nobody@example.com"]


async def test_every_address_gets_the_same_answer_and_the_same_work(
    client: httpx2.AsyncClient, post: Post, addresses: list[str]
) -> None:
    answers = [await ask(client, email) for email in addresses]

    assert {(answer.status_code, answer.text) for answer in answers} == {(202, answers[0].text)}
    jobs = await post.take_jobs()
    assert [task for task, _ in jobs] == ["request_password_reset"] * 3
    assert {tuple(args) for _, args in jobs} == {("request_id",)}


async def test_only_an_active_account_gets_a_mail(
    client: httpx2.AsyncClient, post: Post, addresses: list[str]
) -> None:
    for email in addresses:
        await ask(client, email)

    await post.run_jobs()

    assert [message["To"] for message in post.smtp.inbox] == [EMAIL]


async def test_the_address_is_forgotten_once_the_request_is_answered(
    client: httpx2.AsyncClient, post: Post
) -> None:
    await ask(client, "nobody@example.com")
    asked = await dump(post.database)
    await post.run_jobs()

    assert "nobody@example.com" in asked
    assert "nobody@example.com" not in await dump(post.database)


async def test_a_job_that_runs_twice_sends_one_mail(
    client: httpx2.AsyncClient, ada: Person, post: Post
) -> None:
    await ask(client)
    ((_, args),) = await post.take_jobs()
    for _ in range(2):
        await post.services.identity.password_resets.answer(UUID(args["request_id"]))

    assert len(await post.take_jobs()) == 1


async def test_requests_are_limited_by_account_known_or_not(
    client: httpx2.AsyncClient, ada: Person
) -> None:
    for email in (EMAIL, "nobody@example.com"):
        statuses = [(await ask(client, email)).status_code for _ in range(6)]
        assert statuses == [202] * 5 + [429]


async def test_the_limit_holds_for_requests_at_once(client: httpx2.AsyncClient) -> None:
    answers = await asyncio.gather(*(ask(client) for _ in range(12)))

    assert sorted(answer.status_code for answer in answers) == [202] * 5 + [429] * 7
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert 3500 < int(refused.headers["Retry-After"]) <= 3600


@pytest.fixture
async def elsewhere(
    settings: Settings, client: httpx2.AsyncClient
) -> AsyncIterator[httpx2.AsyncClient]:
    """A client in another network."""
    app = create_app(settings)
    async with app.router.lifespan_context(app), client_of(app, "192.0.2.7") as other:
        yield other


async def test_requests_are_limited_by_network(
    client: httpx2.AsyncClient, elsewhere: httpx2.AsyncClient
) -> None:
    statuses = [(await ask(client, f"p{n}@example.com")).status_code for n in range(21)]

    assert statuses == [202] * 20 + [429]
    assert (await ask(elsewhere, "p21@example.com")).status_code == 202


async def age_requests(post: Post) -> None:
    async with post.database.engine.connect() as connection:
        aged = "UPDATE mail_requests SET requested_at = requested_at - interval '1 hour'"
        await connection.execute(text(aged))
        await connection.commit()


async def count_requests(post: Post) -> int:
    async with post.database.engine.connect() as connection:
        counted = await connection.execute(text("SELECT count(*) FROM mail_requests"))
        return int(counted.scalar_one())


async def test_requests_that_no_longer_count_are_dropped(
    client: httpx2.AsyncClient, post: Post
) -> None:
    for _ in range(5):
        await ask(client, "nobody@example.com")
    await post.run_jobs()
    await age_requests(post)

    assert (await ask(client, "nobody@example.com")).status_code == 202
    assert await count_requests(post) == 1


async def test_requests_that_no_job_has_answered_are_kept(
    client: httpx2.AsyncClient, post: Post
) -> None:
    await ask(client)
    await age_requests(post)

    await ask(client)

    assert await count_requests(post) == 2


async def test_what_is_no_address_is_named(client: httpx2.AsyncClient) -> None:
    answer = await ask(client, "ada")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["body", "email"]


async def spend(post: Post, **fields: Any) -> None:
    """Change all tokens."""
    column, value = next(iter(fields.items()))
    statement = text(f"UPDATE account_tokens SET {column} = :value")  # noqa: S608
    async with post.database.engine.connect() as connection:
        await connection.execute(statement, {"value": value})
        await connection.commit()


async def test_every_dead_token_is_refused_in_the_same_words(
    client: httpx2.AsyncClient, ada: Person, post: Post, uow: UnitOfWorkFactory
) -> None:
    refusals = [await confirm(client, token) for token in ("made up", "0" * 64)]
    used, expired, taken_over = [await reset_token(client, post) for _ in range(3)]
    wrong_purpose = {"token": taken_over}
    refusals.append(await client.post("/api/v1/auth/verify-email", json=wrong_purpose))
    await spend(post, expires_at=now())
    refusals.append(await confirm(client, expired))
    await spend(post, expires_at=now() + timedelta(hours=1))
    await confirm(client, used)
    refusals.append(await confirm(client, used))

    assert {answer.status_code for answer in refusals} == {422}
    assert len({answer.json()["errors"][0]["msg"] for answer in refusals}) == 1
    assert {tuple(answer.json()["errors"][0]["loc"]) for answer in refusals} == {("body", "token")}


async def test_a_deactivated_account_gets_no_new_password(
    client: httpx2.AsyncClient, ada: Person, post: Post
) -> None:
    token = await reset_token(client, post)
    await post.services.identity.users.deactivate(ada.user.id, None)

    assert (await confirm(client, token)).status_code == 422


async def test_a_password_that_is_too_short_does_not_use_the_token_up(
    client: httpx2.AsyncClient, ada: Person, post: Post
) -> None:
    token = await reset_token(client, post)

    assert (await confirm(client, token, "short")).status_code == 422
    assert (await confirm(client, token)).status_code == 204


async def test_the_token_is_in_no_table_and_no_event(
    client: httpx2.AsyncClient, ada: Person, post: Post, uow: UnitOfWorkFactory
) -> None:
    await ask(client)
    seen = [await dump(post.database)]
    ((_, args),) = await post.take_jobs()
    await post.services.identity.password_resets.answer(UUID(args["request_id"]))
    seen.append(await dump(post.database))
    token = await post.deliver_token()
    await confirm(client, token)
    seen.append(await dump(post.database))

    assert not any(token in each or NEW in each for each in seen)
    async with uow.reading(SYSTEM) as reading:
        events = (await reading.events.page(EventQuery(subject_id=ada.user.id))).items
    assert {event.type for event in events} == {
        "user.password_reset_requested",
        "user.password_reset",
        "user.email_verified",
        "user.sessions_revoked",
    }
    assert not any("hash" in str(event.changes) for event in events)


@pytest.mark.parametrize("how", ["used", "expired", "another key"])
async def test_a_link_that_would_be_dead_is_not_sent(
    client: httpx2.AsyncClient,
    ada: Person,
    post: Post,
    uow: SqlUnitOfWorkFactory,
    mailing_settings: Settings,
    how: str,
) -> None:
    await ask(client)
    ((_, args),) = await post.take_jobs()
    await post.services.identity.password_resets.answer(UUID(args["request_id"]))
    services = post.services
    if how == "another key":
        key = {"secret_key": SecretStr("another secret of the tests, long enough")}
        security = mailing_settings.security.model_copy(update=key)
        changed = mailing_settings.model_copy(update={"security": security})
        services = wire(changed, uow, {}, process_state(changed))
    else:
        await spend(post, **{"used_at" if how == "used" else "expires_at": now()})

    ((_, mail),) = await post.take_jobs()
    await services.mail.mails.send(UUID(mail["mail_id"]))

    assert post.smtp.inbox == []
    async with uow.reading(SYSTEM) as reading:
        refused: Mail = await reading.mails.get(UUID(mail["mail_id"]))
    assert refused.kind is MailKind.RESET_PASSWORD
    assert refused.refused_at is not None


async def test_without_a_frontend_links_lead_to_the_documentation(
    client: httpx2.AsyncClient, ada: Person, post: Post, mailing_settings: Settings
) -> None:
    server = mailing_settings.server.model_copy(update={"public_url": None, "port": 8123})
    settings = mailing_settings.model_copy(update={"server": server})
    services = wire(settings, SqlUnitOfWorkFactory(post.database), {}, process_state(settings))
    await ask(client)

    message = await Post(services, post.database, post.smtp).deliver()

    written = parts_of(message)["text/plain"]
    assert "http://localhost:8123/docs#/auth/reset_password" in written
    (code,) = [line for line in written.splitlines() if len(line) == 64]
    assert (await confirm(client, code)).status_code == 204


async def test_a_link_does_not_come_back_with_an_account_that_was_deactivated(
    client: httpx2.AsyncClient, ada: Person, admin: Person, post: Post
) -> None:
    token = await reset_token(client, post)

    for change in ("deactivate", "activate"):
        assert (await admin.post(f"/users/{ada.user.id}/{change}")).status_code == 200

    assert (await confirm(client, token)).status_code == 422
