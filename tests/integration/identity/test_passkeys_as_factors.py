"""A passkey counts as both factors, and as the second one after a password."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx2
import pyotp
import pytest

from backend.core.config import Settings
from backend.core.permissions import Role
from tests.factories import PASSWORD
from tests.fixtures.application import running_app
from tests.fixtures.authenticator import USER_PRESENT, USER_VERIFIED, Authenticator, Json
from tests.fixtures.people import Person, SignedIn
from tests.integration.identity.passkeys import (
    PASSKEYS,
    ask,
    error_of,
    register,
    sign_in,
    signed_in as signed_in_with,
)
from tests.integration.identity.test_second_factors import (  # noqa: F401  # a fixture
    AT,
    FACTOR,
    Protected,
    _clock_of_codes,
    begin_sign_in,
    protect,
)


@pytest.fixture
async def device(member: Person) -> Authenticator:
    """That of the member, with a passkey."""
    device = Authenticator()
    await register(member, device)
    return device


@pytest.fixture(scope="module")
async def strict(settings: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    """An application in which members need a second factor."""
    security = settings.security.model_copy(update={"require_second_factor": [Role.MEMBER]})
    async with running_app(settings.model_copy(update={"security": security})) as client:
        yield client


async def answer(person: Person, challenge: str, **factor: Any) -> httpx2.Response:
    body = {"challenge": challenge, **factor}
    return await person.client.post(f"/api/v1{FACTOR}/answer", json=body)


async def problem_of(person: Person) -> Json:
    refused = await begin_sign_in(person)
    assert refused.status_code == 401, refused.text
    problem: Json = refused.json()
    return problem


async def test_a_passkey_alone_changes_nothing_about_the_password(
    member: Person, device: Authenticator
) -> None:
    assert (await begin_sign_in(member)).status_code == 200


async def test_a_passkey_does_instead_of_a_code(member: Person, device: Authenticator) -> None:
    await protect(member)
    problem = await problem_of(member)
    assert (problem["needs_setup"], problem["has_passkey"]) == (False, True)

    passkey = device.get(await ask(member.client))
    opened = await answer(member, problem["challenge"], passkey=passkey)

    assert opened.status_code == 200, opened.text
    assert opened.json()["recovery_codes"] is None
    person = replace(member, token=opened.json()["access_token"])
    assert (await person.get("/users/me")).status_code == 200


async def test_signing_in_with_a_passkey_asks_for_no_code(
    member: Person, device: Authenticator
) -> None:
    await protect(member)

    assert (await sign_in(member.client, device)).status_code == 200


async def test_without_a_passkey_the_challenge_says_so(member: Person) -> None:
    await protect(member)

    assert (await problem_of(member))["has_passkey"] is False


async def test_a_factor_has_to_be_sent(member: Person) -> None:
    await protect(member)
    challenge = (await problem_of(member))["challenge"]

    assert error_of(await answer(member, challenge))["loc"] == ["body", "code"]


async def test_a_passkey_of_somebody_else_answers_no_challenge(
    member: Person, signed_in: SignedIn
) -> None:
    await protect(member)
    theirs = Authenticator()
    await register(await signed_in(), theirs)
    challenge = (await problem_of(member))["challenge"]

    refused = await answer(member, challenge, passkey=theirs.get(await ask(member.client)))

    assert error_of(refused)["type"] == "wrong_passkey"


async def test_one_answer_of_a_passkey_answers_one_challenge(
    member: Person, device: Authenticator
) -> None:
    device.counts = False
    await protect(member)
    challenges = [(await problem_of(member))["challenge"] for _ in range(4)]
    passkey = device.get(await ask(member.client))

    answers = await asyncio.gather(*(answer(member, each, passkey=passkey) for each in challenges))

    assert Counter(each.status_code for each in answers) == {200: 1, 422: 3}


async def test_wrong_passkeys_are_limited_with_wrong_codes(
    member: Person, device: Authenticator, settings: Settings
) -> None:
    limit = settings.security.sign_in_failures_per_account
    await protect(member)
    challenge = (await problem_of(member))["challenge"]
    device.flags = USER_PRESENT
    passkeys = [device.get(await ask(member.client)) for _ in range(limit // 2 + 2)]
    for _ in range(limit // 2):
        await answer(member, challenge, code="000000")

    answers = await asyncio.gather(*(answer(member, challenge, passkey=each) for each in passkeys))

    assert Counter(each.status_code for each in answers) == {422: limit - limit // 2, 429: 2}


async def test_a_copy_is_recorded_when_it_is_the_second_factor(
    member: Person, device: Authenticator, admin: Person
) -> None:
    await protect(member)
    await signed_in_with(member, device)
    challenge = (await problem_of(member))["challenge"]
    device.made[0].sign_count = 0

    refused = await answer(member, challenge, passkey=device.get(await ask(member.client)))

    assert error_of(refused)["type"] == "wrong_passkey"
    assert len((await admin.get("/audit", params={"type": "passkey.cloned"})).json()["items"]) == 1


async def test_with_an_app_a_new_passkey_takes_a_code_too(member: Person) -> None:
    protected = await protect(member)

    without = await member.post(f"{PASSKEYS}/begin", json={"password": PASSWORD})
    wrong = {"password": PASSWORD, "code": "000000"}
    refused = await member.post(f"{PASSKEYS}/begin", json=wrong)

    assert error_of(without)["loc"] == error_of(refused)["loc"] == ["body", "code"]
    await register(member, Authenticator(), password=PASSWORD, code=protected.code())


async def test_the_app_is_removed_with_a_passkey(member: Person, device: Authenticator) -> None:
    await protect(member)

    proof = {"passkey": device.get(await ask(member.client))}
    removed = await member.post(f"{FACTOR}/remove", json=proof)

    assert removed.status_code == 204
    assert (await begin_sign_in(member)).status_code == 200


async def test_recovery_codes_are_renewed_with_a_passkey(
    member: Person, device: Authenticator
) -> None:
    await protect(member)

    proof = {"passkey": device.get(await ask(member.client))}
    renewed = await member.post(f"{FACTOR}/recovery-codes", json=proof)

    assert len(renewed.json()["recovery_codes"]) == 10


async def test_a_passkey_meets_the_rule_of_a_role(
    member: Person, device: Authenticator, strict: httpx2.AsyncClient
) -> None:
    by_password = replace(member, client=strict)
    assert (await by_password.get("/tasks")).status_code == 401

    tokens = (await sign_in(strict, device)).json()

    person = replace(by_password, token=tokens["access_token"])
    assert (await person.get("/tasks")).status_code == 200
    refresh = {"refresh_token": tokens["refresh_token"]}
    renewed = (await strict.post("/api/v1/auth/refresh", json=refresh)).json()
    assert (await replace(person, token=renewed["access_token"]).get("/tasks")).status_code == 200


async def test_where_one_is_needed_the_password_is_answered_with_a_challenge(
    member: Person, device: Authenticator, strict: httpx2.AsyncClient
) -> None:
    member = replace(member, client=strict)
    problem = await problem_of(member)
    assert (problem["needs_setup"], problem["has_passkey"]) == (False, True)

    passkey = device.get(await ask(strict))
    opened = await answer(member, problem["challenge"], passkey=passkey)

    person = replace(member, token=opened.json()["access_token"])
    assert (await person.get("/tasks")).status_code == 200


async def test_with_a_password_alone_nothing_replaces_the_passkey(
    member: Person, device: Authenticator, strict: httpx2.AsyncClient
) -> None:
    """Whoever has got hold of the password does not get in with an app of their own."""
    begun = (await member.post(FACTOR, json={"password": PASSWORD})).json()["secret"]
    member = replace(member, client=strict)
    challenge = (await problem_of(member))["challenge"]

    setup = await strict.post(f"/api/v1{FACTOR}/begin", json={"challenge": challenge})
    answered = await answer(member, challenge, code=pyotp.TOTP(begun).at(AT))

    assert (setup.status_code, answered.status_code) == (409, 409)
    assert "passkey" in setup.json()["detail"]


async def test_the_factor_that_a_role_needs_is_not_removed(
    member: Person, device: Authenticator, strict: httpx2.AsyncClient
) -> None:
    person = replace(await signed_in_with(member, device), client=strict)
    [made] = (await person.get(PASSKEYS)).json()["items"]
    path = f"{PASSKEYS}/{made['id']}/remove"

    alone = await person.post(path, json={"passkey": device.get(await ask(strict))})
    app = await protect(person, passkey=device.get(await ask(strict)))
    beside = await person.post(path, json={"password": PASSWORD, "code": app.code()})

    assert alone.status_code == 409
    assert "must have a second factor" in alone.json()["detail"]
    assert beside.status_code == 204


async def test_the_app_that_a_role_needs_is_removed_beside_a_passkey(
    member: Person, device: Authenticator, strict: httpx2.AsyncClient
) -> None:
    await protect(member)
    person = replace(await signed_in_with(member, device), client=strict)

    proof = {"passkey": device.get(await ask(strict))}
    removed = await person.post(f"{FACTOR}/remove", json=proof)

    assert removed.status_code == 204
    assert (await person.get("/tasks")).status_code == 200


async def test_a_wrong_passkey_as_proof_says_which_field(
    member: Person, device: Authenticator
) -> None:
    device.flags = USER_VERIFIED
    proof = {"passkey": device.get(await ask(member.client))}

    refused = await member.post(f"{PASSKEYS}/begin", json=proof)

    assert error_of(refused)["loc"] == ["body", "passkey"]


async def test_a_passkey_of_another_challenge_proves_nothing(
    member: Person, device: Authenticator
) -> None:
    proof = {"passkey": device.get({"challenge": "AAAA"})}

    refused = await member.post(f"{PASSKEYS}/begin", json=proof)

    assert refused.status_code == 422


@pytest.mark.parametrize("path", [f"{PASSKEYS}/begin", FACTOR])
async def test_where_the_passkey_is_the_factor_that_a_role_needs_it_takes_that(
    member: Person, device: Authenticator, strict: httpx2.AsyncClient, path: str
) -> None:
    """Whoever has got hold of password and session adds no factor of their own."""
    person = replace(await signed_in_with(member, device), client=strict)

    by_password = await person.post(path, json={"password": PASSWORD})
    by_passkey = await person.post(path, json={"passkey": device.get(await ask(strict))})

    assert error_of(by_password)["loc"] == ["body", "passkey"]
    assert by_passkey.status_code == 200, by_passkey.text
