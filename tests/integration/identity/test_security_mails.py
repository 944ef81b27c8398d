"""Whoever has an account is told by mail when what signs in to it has changed."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from email.message import EmailMessage

import httpx2
import pyotp
import pytest

from backend.core.config import Settings
from backend.core.database import Database
from backend.core.passwords import PasswordHasher
from backend.core.permissions import Role
from backend.models.platform.mixins import now
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.services.identity.second_factors import SecondFactorReset
from backend.services.identity.users import UserService
from tests.factories import PASSWORD
from tests.fixtures.application import running_app
from tests.fixtures.authenticator import Authenticator
from tests.fixtures.people import Person
from tests.fixtures.post import Post
from tests.fixtures.smtp import parts_of
from tests.integration.identity.passkeys import register
from tests.integration.identity.test_api_keys import execute
from tests.integration.identity.test_second_factors import (
    AT,
    FACTOR,
    Protected,
    _clock_of_codes,
    answer,
    challenge_of,
    protect,
)

__all__ = ["_clock_of_codes"]
WITH_FIREFOX = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
}


@pytest.fixture
async def protected(member: Person, post: Post) -> Protected:
    """The mail about it has gone."""
    found = await protect(member)
    await post.deliver()
    return found


def told(mail: EmailMessage, person: Person, *lines: str) -> None:
    said = parts_of(mail)["text/plain"]
    assert mail["To"] == person.user.email
    for line in (*lines, f"{now():%d %B %Y}", "tell an admin"):
        assert line in said


async def test_a_changed_password_is_told(member: Person, post: Post) -> None:
    body = {"current_password": PASSWORD, "new_password": "a wholly new password"}
    refused = await member.post("/auth/password", json=body | {"current_password": "wrong"})
    assert refused.status_code == 422
    assert await post.take_jobs() == []

    changed = await member.post("/auth/password", json=body, headers=WITH_FIREFOX)

    assert changed.is_success, changed.text
    mail = await post.deliver()
    assert mail["Subject"] == "The password of your account was changed"
    told(mail, member, "with Firefox on Linux, from 127.0.0.1.", "If it was not you")
    assert "wholly" not in mail.as_string()


async def test_a_password_that_is_set_by_a_link_is_told(member: Person, post: Post) -> None:
    client = member.client
    await client.post("/api/v1/auth/password-reset", json={"email": member.user.email})
    body = {"token": await post.deliver_token(), "new_password": "a wholly new password"}

    confirmed = await client.post("/api/v1/auth/password-reset/confirm", json=body)

    assert confirmed.is_success, confirmed.text
    told(await post.deliver(), member, "sign in with the new password", "If it was not you")


async def test_a_password_that_an_operator_sets_is_told(
    member: Person, post: Post, uow: SqlUnitOfWorkFactory
) -> None:
    users = UserService(uow, PasswordHasher(), None)

    await users.reset_password(member.user.id, "a wholly new password")

    told(await post.deliver(), member, "An admin has done this on", "sign in with the new password")


async def test_a_new_app_is_told_with_device_place_and_time(member: Person, post: Post) -> None:
    setup = (await member.post(FACTOR, json={"password": PASSWORD})).json()
    assert await post.take_jobs() == []
    code = pyotp.TOTP(setup["secret"]).at(AT)
    await member.post(f"{FACTOR}/confirm", json={"code": code}, headers=WITH_FIREFOX)

    mail = await post.deliver()

    assert mail["Subject"] == "Your account has a second factor"
    told(mail, member, "also takes a code", "with Firefox on Linux, from 127.0.0.1.")
    assert setup["secret"] not in mail.as_string()


async def test_the_end_of_an_app_is_told(protected: Protected, post: Post) -> None:
    person = protected.person
    body = {"password": PASSWORD, "code": protected.code()}
    assert (await person.post(f"{FACTOR}/remove", json=body)).is_success

    told(await post.deliver(), person, "takes no code", "If it was not you")


async def test_new_recovery_codes_are_told_without_them(protected: Protected, post: Post) -> None:
    body = {"code": protected.code()}
    renewed = await protected.person.post(f"{FACTOR}/recovery-codes", json=body)

    mail = await post.deliver()

    told(mail, protected.person, "recovery codes that you had before are not valid")
    assert not any(code in mail.as_string() for code in renewed.json()["recovery_codes"])


async def test_what_is_refused_is_not_told(protected: Protected, post: Post) -> None:
    body = {"password": PASSWORD, "code": "000000"}
    assert (await protected.person.post(f"{FACTOR}/remove", json=body)).status_code == 422

    assert await post.take_jobs() == []


async def test_of_two_that_remove_it_at_once_one_mail_tells(
    protected: Protected, post: Post
) -> None:
    body = {"password": PASSWORD, "code": protected.code()}
    await asyncio.gather(*(protected.person.post(f"{FACTOR}/remove", json=body) for _ in range(2)))

    told(await post.deliver(), protected.person, "takes no code")


async def test_a_reset_by_an_operator_is_told_once(
    protected: Protected, post: Post, uow: SqlUnitOfWorkFactory
) -> None:
    proof = {"password": PASSWORD, "code": protected.code()}
    await register(protected.person, Authenticator(), **proof)
    await post.deliver()

    await SecondFactorReset(uow).reset(protected.person.user.id)

    told(await post.deliver(), protected.person, "An admin has done this on", "passkeys that you")


@pytest.fixture
async def strict(settings: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    security = settings.security.model_copy(update={"require_second_factor": [Role.MEMBER]})
    async with running_app(settings.model_copy(update={"security": security})) as client:
        yield client


async def test_an_app_that_is_set_up_when_signing_in_is_told(
    member: Person, strict: httpx2.AsyncClient, post: Post
) -> None:
    """Whoever knows the password may do it."""
    person = replace(member, client=strict)
    challenge = await challenge_of(person)
    setup = await strict.post(f"/api/v1{FACTOR}/begin", json={"challenge": challenge})
    code = pyotp.TOTP(setup.json()["secret"]).at(AT)
    assert (await answer(person, challenge, code)).status_code == 200

    told(await post.deliver(), member, "also takes a code", "from 127.0.0.1.")


async def test_passkeys_that_end_with_a_first_password_are_told(
    member: Person, post: Post, database: Database
) -> None:
    """They may have been planted before the owner of the address came."""
    for _ in range(2):
        await register(member, Authenticator())
        await post.deliver()
    await execute(database, "UPDATE users SET email_verified_at = NULL")
    client = member.client
    await client.post("/api/v1/auth/password-reset", json={"email": member.user.email})
    body = {"token": await post.deliver_token(), "new_password": "a wholly new password"}

    confirmed = await client.post("/api/v1/auth/password-reset/confirm", json=body)

    assert confirmed.is_success, confirmed.text
    told(await post.deliver(), member, "passkeys that the account had are not valid any more")
