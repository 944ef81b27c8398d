"""Signing in with a passkey alone, and what keeps others out."""

import asyncio
from collections import Counter
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta

import httpx2
import pytest

from backend.core.config import Settings
from backend.core.database import Database
from backend.models.platform.mixins import now
from backend.services.identity import signed_ids
from tests.factories import PASSWORD
from tests.fixtures.application import running_app
from tests.fixtures.authenticator import (
    EDDSA,
    ES256,
    IS_BACKED_UP,
    MAY_BE_BACKED_UP,
    RS256,
    USER_PRESENT,
    USER_VERIFIED,
    Authenticator,
    Json,
    decoded,
    encoded,
)
from tests.fixtures.people import Person, SignedIn
from tests.integration.identity.passkeys import (
    PASSKEYS,
    ask,
    error_of,
    hand_in,
    register,
    sign_in,
    signed_in as signed_in_with,
)
from tests.integration.identity.test_api_keys import execute


@pytest.fixture
async def device(member: Person) -> Authenticator:
    """That of the member, with a passkey."""
    device = Authenticator()
    await register(member, device)
    return device


@pytest.mark.parametrize("algorithm", [ES256, EDDSA, RS256])
async def test_a_passkey_opens_a_session_without_an_address(member: Person, algorithm: int) -> None:
    device = Authenticator(algorithm=algorithm)
    await register(member, device)

    person = await signed_in_with(member, device)

    mine = (await person.get("/users/me")).json()
    assert mine["id"] == str(member.user.id)


async def test_the_list_says_when_it_was_used_and_whether_it_is_backed_up(
    member: Person, device: Authenticator, admin: Person
) -> None:
    [before] = (await member.get(PASSKEYS)).json()["items"]
    device.flags |= MAY_BE_BACKED_UP | IS_BACKED_UP

    await signed_in_with(member, device)

    [after] = (await member.get(PASSKEYS)).json()["items"]
    assert (before["last_used_at"], before["is_backed_up"]) == (None, False)
    assert after["last_used_at"] is not None
    assert after["is_backed_up"] is True
    query = {"subject_id": after["id"], "sort": "occurred_at"}
    events = (await admin.get("/audit", params=query)).json()["items"]
    assert [each["type"] for each in events] == ["passkey.created", "passkey.used"]


async def test_one_answer_used_twice_at_once_opens_one_session(
    member: Person, device: Authenticator
) -> None:
    device.counts = False  # or the count alone would keep the others out
    answer = device.get(await ask(member.client))

    opened = await asyncio.gather(*(hand_in(member.client, answer) for _ in range(6)))

    assert Counter(each.status_code for each in opened) == {200: 1, 422: 5}
    again = error_of(await hand_in(member.client, answer))
    assert (again["loc"], again["type"]) == (["body", "passkey"], "invalid_challenge")


async def test_two_processes_share_challenges(
    member: Person, device: Authenticator, settings: Settings
) -> None:
    device.counts = False
    async with running_app(settings) as other:
        answer = device.get(await ask(other))
        first = await hand_in(member.client, answer)
        second = await hand_in(other, answer)

    assert (first.status_code, second.status_code) == (200, 422)


async def test_a_challenge_expires(
    member: Person, device: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = await ask(member.client)
    late = now() + timedelta(minutes=5, seconds=1)
    monkeypatch.setattr(signed_ids, "now", lambda: late)

    refused = await hand_in(member.client, device.get(options))

    assert error_of(refused)["type"] == "invalid_challenge"


@pytest.mark.parametrize("made_up", ["", "x", "0.0.0", "a.b", "\x00", "ä"])
async def test_a_made_up_challenge_is_refused(
    member: Person, device: Authenticator, made_up: str
) -> None:
    refused = await hand_in(member.client, device.get({"challenge": encoded(made_up.encode())}))

    assert refused.status_code in {401, 422}


async def test_a_challenge_for_making_a_passkey_is_not_one_for_using_it(
    member: Person, device: Authenticator
) -> None:
    begun = await member.post(f"{PASSKEYS}/begin", json={"password": PASSWORD})

    refused = await hand_in(member.client, device.get(begun.json()["public_key"]))

    assert error_of(refused)["type"] == "invalid_challenge"


@pytest.mark.parametrize(
    "origin",
    [
        "https://example.com",
        "https://app.example.com.evil.test",
        "http://app.example.com",
        "https://app.example.com:444",
        "https://evil.test",
        "",
    ],
)
async def test_an_answer_given_to_another_origin_is_refused(
    member: Person, device: Authenticator, origin: str
) -> None:
    device.origin = origin

    assert (await sign_in(member.client, device)).status_code == 401


async def test_an_answer_for_another_party_is_refused(
    member: Person, device: Authenticator
) -> None:
    device.made[0].rp_id = "app.example.com"

    assert (await sign_in(member.client, device)).status_code == 401


async def test_an_answer_within_the_page_of_another_site_is_refused(
    member: Person, device: Authenticator
) -> None:
    device.client_data = {"crossOrigin": True, "topOrigin": "https://evil.test"}

    assert (await sign_in(member.client, device)).status_code == 401


async def test_what_was_signed_while_making_a_passkey_is_refused(
    member: Person, device: Authenticator
) -> None:
    device.client_data = {"type": "webauthn.create"}

    assert (await sign_in(member.client, device)).status_code == 401


@pytest.mark.parametrize("flags", [USER_PRESENT, USER_VERIFIED, 0])
async def test_a_passkey_that_does_not_verify_its_user_is_refused(
    member: Person, device: Authenticator, flags: int
) -> None:
    device.flags = flags

    assert (await sign_in(member.client, device)).status_code == 401


async def test_a_passkey_of_somebody_else_is_refused(
    member: Person, device: Authenticator, signed_in: SignedIn
) -> None:
    other = await signed_in()
    stolen = deepcopy(device)
    stolen.made[0].user_handle = encoded(other.user.id.bytes)

    assert (await sign_in(member.client, stolen)).status_code == 401


async def test_an_unknown_passkey_is_refused_like_a_wrong_one(
    member: Person, device: Authenticator
) -> None:
    options = await ask(member.client)
    wrong, unknown = deepcopy(device), Authenticator(made=deepcopy(device.made))
    wrong.made[0].key = Authenticator(made=[]).create_key()
    unknown.made[0].credential_id = bytes(16)

    answers = [await hand_in(member.client, each.get(options)) for each in (wrong, unknown)]

    first, second = (each.json() for each in answers)
    assert [each.status_code for each in answers] == [401, 401]
    assert first["detail"] == second["detail"]


async def test_a_count_that_goes_back_is_refused_and_recorded(
    member: Person, device: Authenticator, admin: Person
) -> None:
    copy = deepcopy(device)
    await signed_in_with(member, device)
    await signed_in_with(member, device)

    refused = await sign_in(member.client, copy)

    assert refused.status_code == 401
    [event] = (await admin.get("/audit", params={"type": "passkey.cloned"})).json()["items"]
    assert event["changes"]["sign_count"] == {"before": 2, "after": 1}
    assert (await sign_in(member.client, device)).status_code == 200


async def test_copies_used_at_once_are_told_apart(
    member: Person, device: Authenticator, admin: Person
) -> None:
    copies = [deepcopy(device) for _ in range(4)]

    opened = await asyncio.gather(*(sign_in(member.client, each) for each in copies))

    assert Counter(each.status_code for each in opened) == {200: 1, 401: 3}
    events = (await admin.get("/audit", params={"type": "passkey.cloned"})).json()["items"]
    assert len(events) == 3


async def test_nobody_has_a_passkey_taken_for_a_copy_without_its_key(
    member: Person, device: Authenticator, admin: Person
) -> None:
    await signed_in_with(member, device)
    forged = deepcopy(device)
    forged.made[0].sign_count = 0
    forged.made[0].key = forged.create_key()

    refused = await sign_in(member.client, forged)

    assert refused.status_code == 401
    assert (await admin.get("/audit", params={"type": "passkey.cloned"})).json()["items"] == []


async def test_passkeys_that_do_not_count_are_used_again_and_again(member: Person) -> None:
    device = Authenticator(counts=False)
    await register(member, device)

    opened = [await sign_in(member.client, device) for _ in range(3)]

    assert [each.status_code for each in opened] == [200, 200, 200]


async def test_a_passkey_that_has_stopped_counting_is_refused(
    member: Person, device: Authenticator
) -> None:
    await signed_in_with(member, device)
    device.counts = False
    device.made[0].sign_count = 0

    assert (await sign_in(member.client, device)).status_code == 401


async def test_the_highest_count_there_can_be_is_kept(
    member: Person, device: Authenticator
) -> None:
    device.made[0].sign_count = 2**32 - 2

    assert (await sign_in(member.client, device)).status_code == 200


async def test_the_owner_is_deactivated(
    member: Person, device: Authenticator, admin: Person
) -> None:
    options = await ask(member.client)
    await admin.post(f"/users/{member.user.id}/deactivate")

    refused = await hand_in(member.client, device.get(options))

    assert refused.status_code == 401
    assert "deactivated" in refused.json()["detail"]


async def test_failures_are_limited_exactly_and_recorded(
    member: Person, device: Authenticator, settings: Settings, admin: Person
) -> None:
    limit = settings.security.sign_in_failures_per_account
    device.flags = USER_PRESENT
    answers = [device.get(await ask(member.client)) for _ in range(limit + 3)]

    refused = await asyncio.gather(*(hand_in(member.client, each) for each in answers))
    device.flags |= USER_VERIFIED
    right = await sign_in(member.client, device)

    assert Counter(each.status_code for each in refused) == {401: limit, 429: 3}
    assert right.status_code == 429
    assert int(right.headers["Retry-After"]) > 0
    query = {"type": "sign_in.failed", "subject_id": str(member.user.id)}
    events = (await admin.get("/audit", params=query)).json()["items"]
    assert len(events) == limit
    assert events[0]["changes"]["passkey"]["after"] == "wrong"


async def test_failures_of_one_passkey_do_not_keep_others_out(
    member: Person, device: Authenticator, settings: Settings
) -> None:
    other = Authenticator()
    await register(member, other)
    device.flags = USER_PRESENT
    for _ in range(settings.security.sign_in_failures_per_account):
        await sign_in(member.client, device)

    assert (await sign_in(member.client, other)).status_code == 200


@pytest.mark.parametrize("part", ["clientDataJSON", "authenticatorData", "signature", "userHandle"])
@pytest.mark.parametrize("change", ["cut", "flip", "grow", "junk"])
async def test_malformed_answers_are_refused(
    member: Person, device: Authenticator, part: str, change: str
) -> None:
    answer = device.get(await ask(member.client))
    content = decoded(answer["response"][part])
    changed = {
        "cut": content[: len(content) // 2],
        "flip": content[:-1] + bytes([content[-1] ^ 0xFF]),
        "grow": content + b"\xff" * 40,
        "junk": b"[" * 2_500 if part == "clientDataJSON" else b"\x80" * 60,
    }
    answer["response"][part] = encoded(changed[change])

    assert (await hand_in(member.client, answer)).status_code in {401, 422}


@pytest.mark.parametrize(
    ("part", "value"),
    [("userHandle", None), ("signature", "not base64!"), ("authenticatorData", "")],
)
async def test_the_field_that_is_wrong_is_named(
    member: Person, device: Authenticator, part: str, value: str | None
) -> None:
    answer = device.get(await ask(member.client))
    answer["response"][part] = value

    assert error_of(await hand_in(member.client, answer))["loc"][-2:] == ["response", part]


async def test_what_is_not_the_only_way_to_write_an_id_is_refused(
    member: Person, device: Authenticator
) -> None:
    answer = device.get(await ask(member.client))
    answer["id"] = answer["id"][:-1] + chr(ord(answer["id"][-1]) + 1)

    assert (await hand_in(member.client, answer)).status_code == 401


async def test_asking_stores_nothing(
    member: Person, database: Database, device: Authenticator
) -> None:
    await ask(member.client)

    async with database.engine.connect() as connection:
        found = await connection.exec_driver_sql("SELECT count(*) FROM used_challenges")
        assert found.scalar_one() == 1  # that of the registration


async def test_a_session_opened_with_a_passkey_is_refreshed(
    member: Person, device: Authenticator
) -> None:
    tokens = (await sign_in(member.client, device)).json()

    renewed = await member.client.post(
        "/api/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"]}
    )

    assert renewed.status_code == 200
    person = replace(member, token=renewed.json()["access_token"])
    assert (await person.get("/users/me")).status_code == 200


async def test_what_browsers_add_is_ignored(member: Person, device: Authenticator) -> None:
    answer: Json = device.get(await ask(member.client)) | {"more": {"deep": [1]}}
    answer["response"] |= {"more": 1}

    assert (await hand_in(member.client, answer)).status_code == 200


async def test_a_passkey_removed_by_hand_lets_nobody_in(
    member: Person, device: Authenticator, database: Database
) -> None:
    answer = device.get(await ask(member.client))
    await execute(database, "DELETE FROM passkeys")

    assert (await hand_in(member.client, answer)).status_code == 401


async def test_signing_in_needs_no_token(device: Authenticator, client: httpx2.AsyncClient) -> None:
    assert (await sign_in(client, device)).status_code == 200
