"""Signing in takes a code beside the password, for accounts that have chosen so or must."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import httpx2
import pyotp
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from backend.core.config import Settings
from backend.core.database import Database
from backend.core.errors import ConflictError
from backend.core.one_time_codes import normal_code
from backend.core.permissions import Role
from backend.models.platform.mixins import now
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.services.identity import second_factor_check
from backend.services.identity.second_factors import SecondFactorReset
from tests.factories import PASSWORD
from tests.fixtures.application import running_app
from tests.fixtures.people import Person, SignedIn, with_key
from tests.integration.identity.test_api_keys import execute

EVERYTHING = text("""
    SELECT second_factors::text FROM second_factors
    UNION ALL SELECT recovery_codes::text FROM recovery_codes
    UNION ALL SELECT events::text FROM events
    UNION ALL SELECT users::text FROM users
""")
FACTOR = "/auth/second-factor"
AT = now()
Json = dict[str, Any]


@pytest.fixture(autouse=True)
def _clock_of_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    """It stands still: on a busy machine a code could expire on its way."""
    monkeypatch.setattr(second_factor_check, "now", lambda: AT)


@dataclass(frozen=True)
class Protected:
    """Somebody with a second factor, and what they have it with."""

    person: Person
    secret: str
    recovery_codes: list[str]

    def code(self, steps: int = 0) -> str:
        """The code of the app, some steps of 30 seconds from now."""
        return pyotp.TOTP(self.secret).at(AT, counter_offset=steps)


async def protect(person: Person, **proof: Any) -> Protected:
    """Set a second factor up. The code of the step before the present one is used by that."""
    setup = (await person.post(FACTOR, json=proof or {"password": PASSWORD})).json()
    code = pyotp.TOTP(setup["secret"]).at(AT, counter_offset=-1)
    confirmed = await person.post(f"{FACTOR}/confirm", json={"code": code})
    assert confirmed.status_code == 200, confirmed.text
    return Protected(person, setup["secret"], confirmed.json()["recovery_codes"])


@pytest.fixture
async def protected(member: Person) -> Protected:
    return await protect(member)


async def begin_sign_in(person: Person) -> httpx2.Response:
    form = {"username": person.user.email, "password": PASSWORD}
    return await person.client.post("/api/v1/auth/token", data=form)


async def challenge_of(person: Person) -> str:
    answer = await begin_sign_in(person)
    assert answer.status_code == 401, answer.text
    return str(answer.json()["challenge"])


async def answer(person: Person, challenge: str, code: str) -> httpx2.Response:
    body = {"challenge": challenge, "code": code}
    return await person.client.post(f"/api/v1{FACTOR}/answer", json=body)


async def me(person: Person, answered: httpx2.Response) -> httpx2.Response:
    assert answered.status_code == 200, answered.text
    return await replace(person, token=answered.json()["access_token"]).get("/users/me")


def error_of(refused: httpx2.Response) -> Json:
    assert refused.status_code == 422, refused.text
    [error] = refused.json()["errors"]
    found: Json = error
    return found


async def test_a_password_alone_suffices_until_a_factor_is_confirmed(member: Person) -> None:
    await member.post(FACTOR, json={"password": PASSWORD})

    assert (await begin_sign_in(member)).status_code == 200


async def test_a_right_password_is_answered_with_a_challenge(protected: Protected) -> None:
    refused = await begin_sign_in(protected.person)

    problem = refused.json()
    assert (refused.status_code, problem["type"]) == (401, "/problems/second-factor-needed")
    assert problem["needs_setup"] is False
    assert "access_token" not in problem


async def test_the_challenge_and_a_code_open_a_session(protected: Protected) -> None:
    challenge = await challenge_of(protected.person)

    signed_in = await answer(protected.person, challenge, protected.code())

    assert signed_in.json()["recovery_codes"] is None
    mine = (await me(protected.person, signed_in)).json()
    assert mine["email"] == protected.person.user.email
    assert mine["second_factor_at"] is not None


async def test_a_wrong_password_says_nothing_of_the_factor(protected: Protected) -> None:
    form = {"username": protected.person.user.email, "password": "wrong"}

    refused = await protected.person.client.post("/api/v1/auth/token", data=form)

    assert refused.json()["type"] == "/problems/not-authenticated"


async def test_a_code_used_twice_at_once_opens_one_session(protected: Protected) -> None:
    challenges = [await challenge_of(protected.person) for _ in range(6)]
    code = protected.code()

    answers = await asyncio.gather(
        *(answer(protected.person, challenge, code) for challenge in challenges)
    )

    assert Counter(each.status_code for each in answers) == {200: 1, 422: 5}


async def test_a_recovery_code_used_twice_at_once_opens_one_session(protected: Protected) -> None:
    challenges = [await challenge_of(protected.person) for _ in range(6)]
    code = protected.recovery_codes[0].lower()

    answers = await asyncio.gather(
        *(answer(protected.person, challenge, code) for challenge in challenges)
    )

    assert Counter(each.status_code for each in answers) == {200: 1, 422: 5}
    left = (await protected.person.get(FACTOR)).json()["recovery_codes_left"]
    assert left == len(protected.recovery_codes) - 1


async def test_a_challenge_used_twice_at_once_opens_one_session(protected: Protected) -> None:
    challenge = await challenge_of(protected.person)

    answers = await asyncio.gather(
        *(answer(protected.person, challenge, code) for code in protected.recovery_codes[:6])
    )

    assert Counter(each.status_code for each in answers) == {200: 1, 422: 5}
    # Those that came too late have used no code up.
    left = (await protected.person.get(FACTOR)).json()["recovery_codes_left"]
    assert left == len(protected.recovery_codes) - 1


async def test_no_code_of_an_earlier_step_than_the_last_one_is_taken(
    protected: Protected,
) -> None:
    late = protected.code(1)
    await answer(protected.person, await challenge_of(protected.person), late)

    for code in (late, protected.code(), protected.code(-1)):
        refused = await answer(protected.person, await challenge_of(protected.person), code)
        assert error_of(refused)["loc"] == ["body", "code"]


@pytest.mark.parametrize("code", ["000000", "", "AAAA-BBBB-CCCC-DDDD", "12345", "x" * 40])
async def test_a_wrong_code_is_refused_and_recorded(
    protected: Protected, admin: Person, code: str
) -> None:
    challenge = await challenge_of(protected.person)

    refused = await answer(protected.person, challenge, code)

    assert error_of(refused)["type"] == "wrong_code"
    [event] = (await admin.get("/audit", params={"type": "sign_in.failed"})).json()["items"]
    assert event["subject_id"] == str(protected.person.user.id)
    assert event["changes"]["second_factor"]["after"] == "wrong"
    # The challenge is good for another try.
    assert (await answer(protected.person, challenge, protected.code())).status_code == 200


async def test_wrong_codes_are_limited_exactly_however_many_come_at_once(
    protected: Protected, settings: Settings
) -> None:
    limit = settings.security.sign_in_failures_per_account
    challenge = await challenge_of(protected.person)

    answers = await asyncio.gather(
        *(answer(protected.person, challenge, "000000") for _ in range(limit + 6))
    )
    right = await answer(protected.person, challenge, protected.code())

    assert Counter(each.status_code for each in answers) == {422: limit, 429: 6}
    assert right.status_code == 429
    assert int(right.headers["Retry-After"]) > 0


async def test_wrong_codes_do_not_keep_others_from_their_account(
    protected: Protected, signed_in: SignedIn, settings: Settings
) -> None:
    other = await protect(await signed_in())
    challenge = await challenge_of(protected.person)
    for _ in range(settings.security.sign_in_failures_per_account):
        await answer(protected.person, challenge, "000000")

    reply = await answer(other.person, await challenge_of(other.person), other.code())
    assert reply.status_code == 200


@pytest.mark.parametrize("made_up", ["", "x", "0" * 64, "0" * 200])
async def test_a_made_up_challenge_is_refused(protected: Protected, made_up: str) -> None:
    refused = await answer(protected.person, made_up, protected.code())

    assert error_of(refused)["type"] == "invalid_challenge"


async def test_a_challenge_expires(protected: Protected, database: Database) -> None:
    challenge = await challenge_of(protected.person)
    await execute(database, "UPDATE account_tokens SET expires_at = now()")

    refused = await answer(protected.person, challenge, protected.code())

    assert error_of(refused)["loc"] == ["body", "challenge"]


@pytest.mark.parametrize(
    ("statement", "field"),
    [("UPDATE users SET is_active = false", "challenge"), ("DELETE FROM second_factors", "code")],
)
async def test_what_is_taken_away_by_hand_while_somebody_signs_in_lets_nobody_in(
    protected: Protected, database: Database, statement: str, field: str
) -> None:
    challenge = await challenge_of(protected.person)
    await execute(database, statement)

    refused = await answer(protected.person, challenge, protected.code())

    assert error_of(refused)["loc"] == ["body", field]


@pytest.mark.parametrize("end", ["logout-all", "password", "deactivate"])
async def test_what_ends_all_sessions_ends_challenges(
    protected: Protected, admin: Person, end: str
) -> None:
    challenge = await challenge_of(protected.person)
    match end:
        case "deactivate":
            await admin.post(f"/users/{protected.person.user.id}/deactivate")
        case "password":
            change = {"current_password": PASSWORD, "new_password": "a new password"}
            await protected.person.post("/auth/password", json=change)
        case _:
            await protected.person.post(f"/auth/{end}")

    refused = await answer(protected.person, challenge, protected.code())

    assert error_of(refused)["type"] == "invalid_challenge"


async def test_confirming_ends_the_sessions_from_before(member: Person, database: Database) -> None:
    before = (await begin_sign_in(member)).json()["access_token"]

    await protect(member)

    assert (await replace(member, token=before).get("/users/me")).status_code == 401
    assert (await member.get("/users/me")).status_code == 200


async def test_neither_secret_nor_codes_are_readable_in_the_database(
    protected: Protected, database: Database
) -> None:
    async with database.engine.connect() as connection:
        rows = (await connection.execute(EVERYTHING)).scalars().all()

    assert len(rows) > len(protected.recovery_codes)
    for row in rows:
        assert protected.secret not in row
        assert not any(code in row or normal_code(code) in row for code in protected.recovery_codes)


async def test_the_trail_says_what_was_done(protected: Protected, admin: Person) -> None:
    person = protected.person
    await answer(person, await challenge_of(person), protected.recovery_codes[0])
    await person.post(f"{FACTOR}/recovery-codes", json={"code": protected.code()})
    removal = {"password": PASSWORD, "code": protected.code(1)}
    assert (await person.post(f"{FACTOR}/remove", json=removal)).status_code == 204

    query = {"subject_id": str(person.user.id), "sort": "occurred_at"}
    events = (await admin.get("/audit", params=query)).json()["items"]
    assert [event["type"] for event in events] == [
        "user.second_factor_added",
        "user.recovery_code_used",
        "user.recovery_codes_renewed",
        "user.second_factor_removed",
    ]
    assert (await begin_sign_in(person)).status_code == 200


async def test_new_recovery_codes_replace_the_old_ones(protected: Protected) -> None:
    person = protected.person
    renewed = await person.post(f"{FACTOR}/recovery-codes", json={"code": protected.code()})

    old = await answer(person, await challenge_of(person), protected.recovery_codes[0])
    new = await answer(person, await challenge_of(person), renewed.json()["recovery_codes"][0])

    assert (old.status_code, new.status_code) == (422, 200)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("", {"password": PASSWORD}),
        ("/confirm", {"code": "123456"}),
    ],
)
async def test_a_factor_in_use_is_not_replaced(protected: Protected, path: str, body: Json) -> None:
    refused = await protected.person.post(f"{FACTOR}{path}", json=body)

    assert refused.status_code == 409
    assert "remove it first" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/confirm", {"code": "123456"}),
        ("/recovery-codes", {"code": "123456"}),
        ("/remove", {"password": PASSWORD, "code": "123456"}),
    ],
)
async def test_without_a_factor_there_is_none_to_change(
    member: Person, path: str, body: Json
) -> None:
    assert (await member.post(f"{FACTOR}{path}", json=body)).status_code == 409


async def test_a_factor_is_begun_and_removed_by_the_password_only(protected: Protected) -> None:
    removal = {"password": "wrong", "code": protected.code()}

    refused = await protected.person.post(f"{FACTOR}/remove", json=removal)

    assert error_of(refused)["loc"] == ["body", "password"]


async def test_the_last_setup_counts(member: Person) -> None:
    first, second = [
        (await member.post(FACTOR, json={"password": PASSWORD})).json()["secret"] for _ in range(2)
    ]

    old = await member.post(f"{FACTOR}/confirm", json={"code": pyotp.TOTP(first).at(AT)})
    new = await member.post(f"{FACTOR}/confirm", json={"code": pyotp.TOTP(second).at(AT)})

    assert (old.status_code, new.status_code) == (422, 200)


async def test_two_confirmations_at_once_give_recovery_codes_once(member: Person) -> None:
    secret = (await member.post(FACTOR, json={"password": PASSWORD})).json()["secret"]
    codes = [pyotp.TOTP(secret).at(AT, counter_offset=step) for step in (-1, 0, 1)]

    answers = await asyncio.gather(
        *(member.post(f"{FACTOR}/confirm", json={"code": code}) for code in codes)
    )

    assert Counter(each.status_code for each in answers) == {200: 1, 409: 2}


async def test_after_another_secret_key_a_recovery_code_lets_in(
    protected: Protected, settings: Settings
) -> None:
    security = settings.security.model_copy(update={"secret_key": SecretStr("another " * 8)})
    async with running_app(settings.model_copy(update={"security": security})) as client:
        person = replace(protected.person, client=client)
        unreadable = await answer(person, await challenge_of(person), protected.code())
        by_recovery = await answer(person, await challenge_of(person), protected.recovery_codes[0])

    assert unreadable.status_code == 409
    assert "SECRET_KEY has changed" in unreadable.json()["detail"]
    assert by_recovery.status_code == 200


async def test_a_reset_by_an_operator_removes_the_factor_and_ends_sessions(
    protected: Protected, uow: SqlUnitOfWorkFactory
) -> None:
    reset = SecondFactorReset(uow)
    await reset.reset(protected.person.user.id)

    assert (await protected.person.get("/users/me")).status_code == 401
    assert (await begin_sign_in(protected.person)).status_code == 200
    with pytest.raises(ConflictError, match="has no second factor"):
        await reset.reset(protected.person.user.id)


@pytest.fixture(scope="module")
async def strict(settings: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    """An application in which members need a second factor."""
    security = settings.security.model_copy(update={"require_second_factor": [Role.MEMBER]})
    async with running_app(settings.model_copy(update={"security": security})) as client:
        yield client


async def test_a_role_that_needs_a_factor_sets_it_up_when_signing_in(
    member: Person, strict: httpx2.AsyncClient
) -> None:
    member = replace(member, client=strict)
    problem = (await begin_sign_in(member)).json()
    assert problem["needs_setup"] is True
    challenge = problem["challenge"]
    too_early = await answer(member, challenge, "123456")

    setup = await strict.post(f"/api/v1{FACTOR}/begin", json={"challenge": challenge})
    code = pyotp.TOTP(setup.json()["secret"]).at(AT, counter_offset=-1)
    wrong = await answer(member, challenge, "000000")
    signed_in = await answer(member, challenge, code)

    assert (too_early.status_code, wrong.status_code) == (409, 422)
    assert len(signed_in.json()["recovery_codes"]) == 10
    assert (await me(member, signed_in)).status_code == 200
    assert (await begin_sign_in(member)).json()["needs_setup"] is False


async def test_a_challenge_sets_no_second_factor_beside_the_first(
    protected: Protected,
) -> None:
    challenge = await challenge_of(protected.person)

    refused = await protected.person.client.post(
        f"/api/v1{FACTOR}/begin", json={"challenge": challenge}
    )

    assert refused.status_code == 409


async def test_sessions_without_a_needed_factor_are_refused(
    member: Person, manager: Person, strict: httpx2.AsyncClient
) -> None:
    tokens = (await begin_sign_in(member)).json()
    refresh = {"refresh_token": tokens["refresh_token"]}

    assert (await replace(member, client=strict).get("/tasks")).status_code == 401
    assert (await replace(manager, client=strict).get("/tasks")).status_code == 200
    assert (await strict.post("/api/v1/auth/refresh", json=refresh)).status_code == 401


async def test_a_new_role_that_needs_a_factor_ends_what_was_begun_without(
    viewer: Person, admin: Person, strict: httpx2.AsyncClient
) -> None:
    viewer = replace(viewer, client=strict)
    assert (await viewer.get("/tasks")).status_code == 200

    await replace(admin, client=strict).put(
        f"/users/{viewer.user.id}/role", json={"role": "member"}
    )

    assert (await viewer.get("/tasks")).status_code == 401


async def test_a_needed_factor_is_not_removed(
    protected: Protected, strict: httpx2.AsyncClient
) -> None:
    person = replace(protected.person, client=strict)
    removal = {"password": PASSWORD, "code": protected.code()}

    refused = await person.post(f"{FACTOR}/remove", json=removal)

    assert refused.status_code == 409
    assert (await person.get(FACTOR)).json()["is_required"] is True


async def test_services_need_no_factor(admin: Person, strict: httpx2.AsyncClient) -> None:
    program = await with_key(admin, role="member")

    assert (await replace(program, client=strict).get("/tasks")).status_code == 200
