"""The passkeys of an account: made, listed, named, and removed."""

import asyncio
from collections import Counter
from copy import deepcopy
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import cbor2
import httpx2
import pytest

from backend.core.database import Database
from backend.models.platform.mixins import now
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.services.identity import signed_ids
from backend.services.identity.second_factors import SecondFactorReset
from tests.factories import PASSWORD
from tests.fixtures.authenticator import (
    USER_PRESENT,
    Authenticator,
    Json,
    decoded,
    encoded,
)
from tests.fixtures.jobs import Jobs
from tests.fixtures.people import Person, SignedIn, with_key
from tests.fixtures.post import Post
from tests.fixtures.smtp import parts_of
from tests.integration.exchange.test_account_exports import archive_of, rows_in
from tests.integration.identity.passkeys import (
    PASSKEYS,
    ask,
    begin,
    error_of,
    finish,
    register,
    sign_in,
    signed_in as signed_in_with,
)
from tests.integration.identity.test_api_keys import execute
from tests.integration.identity.test_impersonation import as_somebody

WITHOUT_PASSWORDS = "UPDATE users SET password_hash = '!'"


@pytest.fixture
def device() -> Authenticator:
    return Authenticator()


async def listed(person: Person) -> list[Json]:
    found: list[Json] = (await person.get(PASSKEYS)).json()["items"]
    return found


async def remove(person: Person, made: Json, **proof: Any) -> httpx2.Response:
    body = proof or {"password": PASSWORD}
    return await person.post(f"{PASSKEYS}/{made['id']}/remove", json=body)


async def test_a_passkey_is_made_listed_named_and_removed(
    member: Person, device: Authenticator, admin: Person
) -> None:
    made = await register(member, device)

    assert await listed(member) == [made]
    assert set(made) == {"id", "name", "is_backed_up", "created_at", "last_used_at"}
    renamed = await member.put(f"{PASSKEYS}/{made['id']}/name", json={"name": "My key"})
    assert renamed.json() == made | {"name": "My key"}
    assert (await remove(member, made)).status_code == 204
    assert await listed(member) == []
    assert (await sign_in(member.client, device)).status_code == 401
    query = {"subject_id": made["id"], "sort": "occurred_at"}
    events = (await admin.get("/audit", params=query)).json()["items"]
    assert [each["type"] for each in events] == [
        "passkey.created",
        "passkey.updated",
        "passkey.deleted",
    ]
    told = str(events)
    assert encoded(device.made[0].credential_id) not in told
    assert not {"credential_id", "public_key"} & set(events[0]["changes"])


async def test_a_name_that_is_the_same_is_no_change(
    member: Person, device: Authenticator, admin: Person
) -> None:
    made = await register(member, device)

    same = await member.put(f"{PASSKEYS}/{made['id']}/name", json={"name": made["name"]})

    assert same.json() == made
    assert (await admin.get("/audit", params={"type": "passkey.updated"})).json()["items"] == []


async def test_the_owner_is_told_by_mail(member: Person, device: Authenticator, post: Post) -> None:
    lure = "Locked! See https://evil.example"
    headers = {"User-Agent": "evil.example/1.0"}
    made = await register(member, device, password=PASSWORD)
    added = await post.deliver()
    path = f"{PASSKEYS}/{made['id']}/name"
    await member.put(path, json={"name": lure}, headers=headers)
    renamed = await post.deliver()
    await remove(member, made)
    removed = await post.deliver()

    day = f"{datetime.fromisoformat(made['created_at']):%d %B %Y}"
    for mail, told in (
        (added, "you can sign in with a new passkey"),
        (renamed, f"The passkey that was added on {day} has another name."),
        (removed, f"The passkey that was added on {day} can't be used"),
    ):
        text = parts_of(mail)["text/plain"]
        assert mail["To"] == member.user.email
        assert told in text
        assert f"It was done on {day}, " in text
        assert "from 127.0.0.1." in text
        assert "If it was not you" in text
        assert made["name"] not in text
        assert "evil.example" not in f"{mail['Subject']} {text} {parts_of(mail)['text/html']}"


async def test_the_same_name_is_not_told(member: Person, device: Authenticator, post: Post) -> None:
    made = await register(member, device)
    await post.deliver()

    await member.put(f"{PASSKEYS}/{made['id']}/name", json={"name": made["name"]})

    assert await post.take_jobs() == []


@pytest.mark.parametrize("proof", [{"password": "wrong"}, {"password": None}, {"code": "123456"}])
async def test_a_session_alone_makes_no_passkey(member: Person, proof: Json) -> None:
    refused = await member.post(f"{PASSKEYS}/begin", json=proof)

    assert error_of(refused)["loc"] == ["body", "password"]


async def test_a_passkey_does_instead_of_the_password(
    member: Person, device: Authenticator
) -> None:
    await register(member, device)

    await register(member, Authenticator(), passkey=device.get(await ask(member.client)))
    by_another = {"passkey": device.get(await ask(member.client))}
    removed = await remove(member, (await listed(member))[0], **by_another)

    assert removed.status_code == 204
    assert len(await listed(member)) == 1


async def test_a_passkey_of_somebody_else_proves_nothing(
    member: Person, device: Authenticator, signed_in: SignedIn
) -> None:
    await register(await signed_in(), device)

    proof = {"passkey": device.get(await ask(member.client))}
    refused = await member.post(f"{PASSKEYS}/begin", json=proof)

    assert error_of(refused)["type"] == "wrong_passkey"


async def test_the_browser_is_told_which_passkeys_there_are(
    member: Person, device: Authenticator
) -> None:
    await register(member, device)

    options = await begin(member)

    [known] = options["excludeCredentials"]
    assert decoded(known["id"]) == device.made[0].credential_id
    assert decoded(options["user"]["id"]) == member.user.id.bytes
    assert options["rp"]["id"] == "example.com"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["attestation"] == "none"


async def test_one_creation_finished_twice_at_once_makes_one(
    member: Person, device: Authenticator
) -> None:
    made = device.create(await begin(member))

    answers = await asyncio.gather(*(finish(member, made) for _ in range(5)))

    assert Counter(each.status_code for each in answers) == {200: 1, 422: 4}
    assert len(await listed(member)) == 1


async def test_one_passkey_registered_twice_at_once_is_registered_once(
    member: Person, device: Authenticator
) -> None:
    options = [await begin(member) for _ in range(5)]
    device.create(options[0])
    made = [device.attest(device.made[0], each) for each in options]

    answers = await asyncio.gather(*(finish(member, each) for each in made))

    assert Counter(each.status_code for each in answers) == {200: 1, 409: 4}


async def test_a_passkey_is_that_of_one_account(
    member: Person, device: Authenticator, signed_in: SignedIn
) -> None:
    await register(member, device)
    other = await signed_in()

    refused = await finish(other, device.attest(device.made[0], await begin(other)))

    assert refused.status_code == 409
    assert "registered already" in refused.json()["detail"]


async def test_only_the_session_that_has_begun_finishes(
    member: Person, device: Authenticator, signed_in: SignedIn
) -> None:
    made = device.create(await begin(member))
    form = {"username": member.user.email, "password": PASSWORD}
    again = (await member.client.post("/api/v1/auth/token", data=form)).json()

    for person in (await signed_in(), replace(member, token=again["access_token"])):
        assert error_of(await finish(person, made))["type"] == "invalid_challenge"
    assert (await finish(member, made)).status_code == 200


async def test_a_creation_expires(
    member: Person, device: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = device.create(await begin(member))
    late = now() + timedelta(minutes=5, seconds=1)
    monkeypatch.setattr(signed_ids, "now", lambda: late)

    assert error_of(await finish(member, made))["type"] == "invalid_challenge"


async def test_a_challenge_for_using_a_passkey_makes_none(
    member: Person, device: Authenticator
) -> None:
    options = await begin(member) | {"challenge": (await ask(member.client))["challenge"]}

    refused = await finish(member, device.create(options))

    assert error_of(refused)["type"] == "invalid_challenge"


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "https://app.example.com.evil.test"},
        {"flags": USER_PRESENT},
        {"client_data": {"crossOrigin": True}},
        {"client_data": {"type": "webauthn.get"}},
    ],
)
async def test_what_another_page_or_an_unverified_user_makes_is_refused(
    member: Person, changes: Json
) -> None:
    made = Authenticator(**changes).create(await begin(member))

    assert error_of(await finish(member, made))["type"] == "wrong_passkey"


async def test_what_is_made_for_another_party_is_refused(
    member: Person, device: Authenticator
) -> None:
    options = await begin(member)
    options["rp"]["id"] = "evil.test"

    assert error_of(await finish(member, device.create(options)))["type"] == "wrong_passkey"


async def test_a_passkey_may_vouch_for_itself(member: Person, device: Authenticator) -> None:
    options = await begin(member)
    device.create(options)

    made = await finish(member, device.attest(device.made[0], options, fmt="packed"))

    assert made.status_code == 200, made.text
    assert (await sign_in(member.client, device)).status_code == 200


@pytest.mark.parametrize(
    "statement",
    [
        {"fmt": "packed", "attStmt": {"alg": -7, "sig": b"x", "x5c": [b"x"]}},
        {"fmt": "packed", "attStmt": {"alg": -7, "sig": b"x"}},
        {"fmt": "none", "attStmt": {"sig": b"x"}},
        {"fmt": "fido-u2f", "attStmt": {"sig": b"x", "x5c": [b"x"]}},
        {"fmt": "tpm"},
        {"fmt": 5},
        {"attStmt": 5},
    ],
)
async def test_other_attestations_are_refused(
    member: Person, device: Authenticator, statement: Json
) -> None:
    options = await begin(member)
    device.create(options)

    refused = await finish(member, device.attest(device.made[0], options, **statement))

    assert error_of(refused)["type"] == "wrong_passkey"


@pytest.mark.parametrize(
    "key",
    [
        {1: 2, 3: -7, -1: 1, -2: bytes(32), -3: bytes(32)},
        {1: 2, 3: -7, -1: 99, -2: b"x", -3: b"y"},
        {1: 2, 3: -7},
        {1: 1, 3: -8, -1: 6, -2: b"short"},
        {1: 3, 3: -257, -1: b"", -2: b""},
        {1: 3, 3: -65535, -1: bytes(256), -2: b"\x03"},
        {1: 9, 3: -7},
        [],
    ],
)
async def test_a_key_that_is_none_is_refused(
    member: Person, device: Authenticator, monkeypatch: pytest.MonkeyPatch, key: Any
) -> None:
    options = await begin(member)
    monkeypatch.setattr("tests.fixtures.authenticator.public_key_of", lambda _: key)

    assert error_of(await finish(member, device.create(options)))["type"] == "wrong_passkey"


@pytest.mark.parametrize(
    "attestation",
    [b"", b"\xff", b"\xa0", b"\x80", b"\xa1\x63fmt\x64none", b"\x9f" * 5_000, bytes(400)],
)
async def test_malformed_attestations_are_refused(
    member: Person, device: Authenticator, attestation: bytes
) -> None:
    made = device.create(await begin(member))
    made["response"]["attestationObject"] = encoded(attestation) or "A"

    assert (await finish(member, made)).status_code == 422


async def test_cut_attestations_are_refused_wherever_they_are_cut(
    member: Person, device: Authenticator
) -> None:
    made = device.create(await begin(member))
    whole = decoded(made["response"]["attestationObject"])
    data = cbor2.loads(whole)["authData"]

    for length in range(0, len(data), 9):
        short = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data[:length]})
        made["response"]["attestationObject"] = encoded(short)
        assert error_of(await finish(member, made))["type"] == "wrong_passkey"


async def test_there_are_as_many_as_one_account_may_have(
    member: Person, device: Authenticator, database: Database
) -> None:
    made = device.create(await begin(member))
    await execute(
        database,
        "INSERT INTO passkeys (id, user_id, name, credential_id, public_key, sign_count,"
        " is_backed_up, created_at) SELECT gen_random_uuid(), id, 'One', uuid_send(gen_random_uuid"
        "()), '', 0, false, now() FROM users, generate_series(1, 20)",
    )

    refused = await member.post(f"{PASSKEYS}/begin", json={"password": PASSWORD})

    assert refused.status_code == 409
    assert "remove one first" in refused.json()["detail"]
    assert (await finish(member, made)).status_code == 409


async def test_those_of_others_are_not_found(
    member: Person, device: Authenticator, admin: Person
) -> None:
    made = await register(member, device)

    renamed = await admin.put(f"{PASSKEYS}/{made['id']}/name", json={"name": "Mine"})

    assert renamed.status_code == 404
    assert (await remove(admin, made)).status_code == 404
    assert await listed(admin) == []
    assert await listed(member) == [made]


async def test_the_last_way_in_is_not_removed(
    member: Person, device: Authenticator, database: Database
) -> None:
    first, second = await register(member, device), await register(member, deepcopy(device))
    await execute(database, WITHOUT_PASSWORDS)
    proofs = [device.get(await ask(member.client), device.made[0]) for _ in range(2)]

    answers = [
        await remove(member, each, passkey=proof)
        for each, proof in zip((second, first), proofs, strict=True)
    ]

    assert [each.status_code for each in answers] == [204, 409]
    assert "set a password first" in answers[1].json()["detail"]


async def test_of_two_last_ways_in_removed_at_once_one_stays(
    member: Person, device: Authenticator, database: Database
) -> None:
    device.counts = False
    made = [await register(member, device) for _ in range(2)]
    await execute(database, WITHOUT_PASSWORDS)
    proofs = [device.get(await ask(member.client), each) for each in device.made]

    answers = await asyncio.gather(
        *(remove(member, each, passkey=proof) for each, proof in zip(made, proofs, strict=True))
    )

    assert sorted(each.status_code for each in answers) == [204, 409]
    assert len(await listed(member)) == 1


async def test_without_a_password_or_a_passkey_one_has_to_be_set_first(
    member: Person, database: Database
) -> None:
    await execute(database, WITHOUT_PASSWORDS)

    refused = await member.post(f"{PASSKEYS}/begin", json={"password": "whatever"})

    assert error_of(refused)["type"] == "no_password"


@pytest.mark.parametrize("by", ["key", "admin"])
async def test_neither_keys_nor_admins_as_somebody_reach_passkeys(
    member: Person, device: Authenticator, admin: Person, by: str
) -> None:
    made = await register(member, device)
    acting = await (with_key(member) if by == "key" else as_somebody(admin, member))

    answers = [
        await acting.get(PASSKEYS),
        await acting.post(f"{PASSKEYS}/begin", json={"password": PASSWORD}),
        await finish(acting, {}),
        await acting.put(f"{PASSKEYS}/{made['id']}/name", json={"name": "Mine"}),
        await remove(acting, made),
    ]

    assert {each.status_code for each in answers} == {403}


async def test_a_reset_by_an_operator_removes_passkeys_and_ends_sessions(
    member: Person, device: Authenticator, post: Post, admin: Person, uow: SqlUnitOfWorkFactory
) -> None:
    made = await register(member, device)
    person = await signed_in_with(member, device)
    await post.deliver()

    await SecondFactorReset(uow).reset(member.user.id)

    told = parts_of(await post.deliver())["text/plain"]
    assert "An admin has done this on" in told
    assert "tell an admin" in told
    assert (await person.get("/users/me")).status_code == 401
    assert (await sign_in(member.client, device)).status_code == 401
    query = {"subject_id": made["id"], "type": "passkey.deleted"}
    assert len((await admin.get("/audit", params=query)).json()["items"]) == 1


async def test_an_export_names_them_without_their_keys(
    member: Person, device: Authenticator, jobs: Jobs
) -> None:
    made = await register(member, device)

    archive = await archive_of(member, jobs)

    [row] = rows_in(archive, "passkeys")
    assert (row["id"], row["name"]) == (made["id"], made["name"])
    assert not {"credential_id", "public_key"} & set(row)


async def test_erasing_an_account_removes_them(
    member: Person, device: Authenticator, jobs: Jobs, database: Database
) -> None:
    await register(member, device)

    await jobs.services.operations.eraser.erase(member.user.id)

    assert (await sign_in(member.client, device)).status_code == 401
    async with database.engine.connect() as connection:
        left = await connection.exec_driver_sql("SELECT count(*) FROM passkeys")
        assert left.scalar_one() == 0
