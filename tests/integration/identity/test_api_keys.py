"""Programs act as a person by an API key, with what the person may at that moment."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from time import monotonic
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import select

from backend.api import deps
from backend.core.database import Database
from backend.core.errors import AuthenticationError, PermissionDeniedError
from backend.core.permissions import Means, Permission
from backend.core.security import token_hash
from backend.models.identity.api_keys import ApiKey
from backend.models.platform.mixins import now
from backend.repositories.sql.unit_of_work import SqlUnitOfWorkFactory
from backend.services.identity import key_access
from backend.services.identity.api_keys import ApiKeyService
from backend.services.identity.key_access import ApiKeyAccess
from tests.fixtures.execution_kinds import asking_each_time
from tests.fixtures.people import Person, with_key
from tests.fixtures.statements import sent_statements
from tests.fixtures.waiting import eventually

HOUR = timedelta(hours=1)


async def key_of(database: Database, person: Person) -> ApiKey:
    """The row of the key that they use."""
    async with database.reading_session() as session:
        this_one = ApiKey.token_hash == token_hash(person.token)
        return (await session.exec(select(ApiKey).where(this_one))).one()


async def test_a_key_is_shown_once_and_only_its_hash_is_kept(
    member: Person, database: Database
) -> None:
    answer = await member.post("/api-keys", json={"name": "Nightly report"})
    made = answer.json()
    [listed] = (await member.get("/api-keys")).json()["items"]

    assert answer.headers["Location"] == f"/api/v1/api-keys/{made['id']}"
    assert made.pop("key").startswith(made["starts_with"])
    assert listed == made
    assert listed["user_id"] == str(member.user.id)
    async with database.reading_session() as session:
        row = (await session.connection()).execute(text("SELECT * FROM api_keys"))
        assert "mvp_" in listed["starts_with"]
        assert len([each for each in (await row).one() if str(each).startswith("mvp_")]) == 1


async def test_a_key_does_what_its_owner_may(member: Person) -> None:
    program = await with_key(member)

    made = await program.post("/tasks", json={"title": "Water the plants"})

    assert made.status_code == 201
    assert (await program.delete(f"/tasks/{made.json()['id']}")).status_code == 403
    assert (await program.get("/users/me")).json()["id"] == str(member.user.id)


async def test_the_trail_says_that_it_came_through_a_key(member: Person, admin: Person) -> None:
    program = await with_key(member)
    task = (await program.post("/tasks", json={"title": "Water the plants"})).json()

    [event] = (await admin.get("/audit", params={"subject_id": task["id"]})).json()["items"]

    assert (event["actor_id"], event["means"]) == (str(member.user.id), Means.API_KEY)


async def test_the_trail_says_which_key_it_was(
    member: Person, admin: Person, database: Database
) -> None:
    programs = [await with_key(member) for _ in range(2)]
    for program in (*programs, member):
        await program.post("/tasks", json={"title": "Water the plants"})
    key = await key_of(database, programs[1])

    found = (await admin.get("/audit", params={"key_id": str(key.id)})).json()["items"]
    all_made = (await admin.get("/audit", params={"type": "task.created"})).json()["items"]

    assert [(each["type"], each["key_id"]) for each in found] == [("task.created", str(key.id))]
    assert [each["key_id"] for each in all_made].count(None) == 1


async def test_making_and_revoking_is_in_the_trail_without_the_hash(
    member: Person, admin: Person, database: Database
) -> None:
    program = await with_key(member, permissions=["tasks:read"])
    key = await key_of(database, program)
    await member.delete(f"/api-keys/{key.id}")

    found = await admin.get("/audit", params={"subject_id": str(key.id), "sort": "occurred_at"})

    made, revoked = found.json()["items"]
    assert (made["type"], revoked["type"]) == ("api_key.created", "api_key.revoked")
    assert made["changes"]["permissions"]["after"] == ["tasks:read"]
    assert key.token_hash not in found.text


@pytest.mark.parametrize(
    ("fields", "named", "said"),
    [
        ({"permissions": ["tasks:delete"]}, "permissions", "the role member does not have"),
        ({"permissions": []}, "permissions", "at least 1"),
        ({"permissions": ["tasks:fly"]}, "permissions", "Input should be"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at", "in the future"),
        ({"name": ""}, "name", "at least 1"),
        ({"colour": "red"}, "colour", ""),
    ],
)
async def test_a_key_that_can_not_be_made_says_why(
    member: Person, fields: dict[str, Any], named: str, said: str
) -> None:
    refused = await member.post("/api-keys", json={"name": "A program", **fields})

    assert refused.status_code == 422
    [error] = refused.json()["errors"]
    assert named in error["loc"]
    assert said in error["msg"]


async def test_no_key_is_narrowed_to_what_only_people_may(admin: Person) -> None:
    refused = await admin.post(
        "/api-keys", json={"name": "A program", "permissions": ["users:write"]}
    )

    assert "no API key may have" in refused.json()["errors"][0]["msg"]


async def test_a_narrowed_key_has_the_named_permissions_alone(member: Person) -> None:
    program = await with_key(member, permissions=["tasks:read", "tasks:read"])

    refused = await program.post("/tasks", json={"title": "Water the plants"})

    assert (await program.get("/tasks")).status_code == 200
    assert (await program.get("/customers")).status_code == 403
    assert refused.status_code == 403
    assert "this API key does not have it" in refused.json()["detail"]


async def test_what_is_private_is_closed_to_narrowed_keys(member: Person) -> None:
    await member.post("/modules", json={"title": "Mine"})
    await member.post("/files", files={"file": ("notes.txt", b"Mine.")})
    narrowed = await with_key(member, permissions=["tasks:read"])
    of_files = await with_key(member, permissions=["files:read"])

    assert (await narrowed.get("/modules")).status_code == 403
    assert (await narrowed.get("/files")).status_code == 403
    assert len((await of_files.get("/files")).json()["items"]) == 1
    assert (await of_files.post("/files", files={"file": ("x.txt", b"x")})).status_code == 403


async def test_the_assistant_has_no_more_than_the_key(member: Person, tools: None) -> None:
    program = await with_key(member, permissions=["assistant:use"])
    other = await with_key(member, permissions=["assistant:use", "tasks:write"])
    asked = {"request": "Create a task called Call Grace Hopper"}

    await program.post("/agent/act", json=asked)
    assert (await member.get("/tasks")).json()["items"] == []

    await other.post("/agent/act", json=asked)
    assert len((await member.get("/tasks")).json()["items"]) == 1


async def test_a_role_that_is_lowered_counts_for_keys_in_use(member: Person, admin: Person) -> None:
    program = await with_key(member)
    assert (await program.post("/tasks", json={"title": "x"})).status_code == 201

    await admin.put(f"/users/{member.user.id}/role", json={"role": "viewer"})
    assert (await program.post("/tasks", json={"title": "x"})).status_code == 403
    assert (await program.get("/tasks")).status_code == 200

    await admin.put(f"/users/{member.user.id}/role", json={"role": "member"})
    assert (await program.post("/tasks", json={"title": "x"})).status_code == 201


async def test_a_permission_that_the_role_loses_is_lost_to_narrowed_keys(
    member: Person, admin: Person
) -> None:
    program = await with_key(member, permissions=["tasks:write", "files:write"])
    assert (await program.post("/tasks", json={"title": "x"})).status_code == 201

    await admin.put(f"/users/{member.user.id}/role", json={"role": "viewer"})

    assert (await program.post("/tasks", json={"title": "x"})).status_code == 403
    # Though a viewer in person uploads what is private.
    assert (await program.post("/files", files={"file": ("x.txt", b"x")})).status_code == 403


async def test_keys_of_a_deactivated_owner_are_dead_for_good(member: Person, admin: Person) -> None:
    program = await with_key(member)
    assert (await program.get("/tasks")).status_code == 200

    await admin.post(f"/users/{member.user.id}/deactivate")
    assert (await program.get("/tasks")).status_code == 401

    await admin.post(f"/users/{member.user.id}/activate")
    assert (await program.get("/tasks")).status_code == 401


async def test_nobody_who_is_being_deactivated_makes_a_key(member: Person, admin: Person) -> None:
    making = [member.post("/api-keys", json={"name": "A program"}) for _ in range(8)]
    answers = await asyncio.gather(
        *making[:4], admin.post(f"/users/{member.user.id}/deactivate"), *making[4:]
    )

    keys = [answer.json()["key"] for answer in answers if answer.status_code == 201]
    programs = [replace(member, token=key) for key in keys]
    assert {(await each.get("/tasks")).status_code for each in programs} <= {401}


async def test_a_revoked_key_is_refused_at_once(member: Person, database: Database) -> None:
    program = await with_key(member)
    assert (await program.get("/tasks")).status_code == 200
    key = await key_of(database, program)

    assert (await member.delete(f"/api-keys/{key.id}")).status_code == 204

    assert (await program.get("/tasks")).status_code == 401
    assert (await member.get("/api-keys")).json()["items"] == []
    assert (await member.delete(f"/api-keys/{key.id}")).status_code == 404


async def test_a_key_is_revoked_once_however_many_ask(
    member: Person, admin: Person, database: Database
) -> None:
    key = await key_of(database, await with_key(member))

    answers = await asyncio.gather(*(member.delete(f"/api-keys/{key.id}") for _ in range(6)))

    assert sorted(answer.status_code for answer in answers) == [204, *[404] * 5]
    trail = await admin.get("/audit", params={"type": "api_key.revoked"})
    assert len(trail.json()["items"]) == 1


async def test_other_people_have_no_part_in_a_key(
    member: Person, admin: Person, database: Database
) -> None:
    key = await key_of(database, await with_key(member))

    assert (await admin.get("/api-keys")).json()["items"] == []
    assert (await admin.delete(f"/api-keys/{key.id}")).status_code == 404


async def test_a_key_is_refused_once_it_has_expired(member: Person, database: Database) -> None:
    program = await with_key(member, expires_at=(now() + HOUR).isoformat())
    assert (await program.get("/tasks")).status_code == 200

    await execute(database, "UPDATE api_keys SET expires_at = now() + interval '0.3 s'")
    await eventually(401, lambda: program.get("/tasks"))

    assert len((await member.get("/api-keys")).json()["items"]) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE api_keys SET revoked_at = now()",
        "UPDATE api_keys SET expires_at = now()",
        """UPDATE api_keys SET permissions = '["leads:read"]'""",
        "DELETE FROM api_keys",
        "TRUNCATE api_keys",
        "UPDATE users SET is_active = false WHERE role = 'member'",
    ],
)
async def test_what_is_changed_by_hand_counts_within_moments(
    member: Person, database: Database, statement: str
) -> None:
    program = await with_key(member)
    assert (await program.get("/tasks")).status_code == 200

    await execute(database, statement)

    refused = 403 if "permissions" in statement else 401
    await eventually(refused, lambda: program.get("/tasks"))


@pytest.mark.parametrize("made_up", ["", "x", "0" * 49, "0" * 43 + "2czCLJ"])
async def test_a_made_up_key_is_refused(member: Person, made_up: str) -> None:
    refused = await replace(member, token=f"mvp_{made_up}").get("/tasks")

    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"] == "Bearer"


async def test_a_mistyped_key_costs_no_query(member: Person) -> None:
    program = await with_key(member)
    before, typed, after = program.token[:-7], program.token[-7], program.token[-6:]
    mistyped = replace(program, token=before + ("1" if typed == "0" else "0") + after)

    with sent_statements() as statements:
        assert (await mistyped.get("/tasks")).status_code == 401

    assert statements == []


async def test_the_last_use_is_written_once_a_minute(member: Person, database: Database) -> None:
    program = await with_key(member)
    assert (await key_of(database, program)).last_used_at is None

    await asyncio.gather(*(program.get("/tasks") for _ in range(5)))
    first = (await key_of(database, program)).last_used_at
    await program.get("/tasks")

    assert first is not None
    assert timedelta() <= now() - first < timedelta(minutes=1)
    assert (await key_of(database, program)).last_used_at == first


async def test_the_last_use_is_written_again_a_minute_later(
    member: Person,
    database: Database,
    uow: SqlUnitOfWorkFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    program = await with_key(member)
    access = ApiKeyAccess(uow, asking_each_time(uow))
    await access.identify(program.token)
    await execute(database, "UPDATE api_keys SET last_used_at = last_used_at - interval '61 s'")
    before = (await key_of(database, program)).last_used_at

    monkeypatch.setattr(key_access, "monotonic", lambda: monotonic() + 61)
    await access.identify(program.token)

    after = (await key_of(database, program)).last_used_at
    assert before is not None
    assert after is not None
    assert after > before


async def test_another_process_writes_the_last_use_only_after_a_minute(
    member: Person, database: Database, uow: SqlUnitOfWorkFactory
) -> None:
    program = await with_key(member)
    await program.get("/tasks")
    first = (await key_of(database, program)).last_used_at

    await ApiKeyAccess(uow, asking_each_time(uow)).identify(program.token)
    assert (await key_of(database, program)).last_used_at == first

    await execute(database, "UPDATE api_keys SET last_used_at = now() - interval '61 s'")
    await ApiKeyAccess(uow, asking_each_time(uow)).identify(program.token)
    again = (await key_of(database, program)).last_used_at
    assert again is not None
    assert first is not None
    assert again >= first


async def test_a_request_by_key_sends_what_one_by_token_does(member: Person) -> None:
    program = await with_key(member)
    for person in (member, program, program):
        # Who they are is remembered then.
        await person.get("/tasks")

    with sent_statements() as by_token:
        await member.get("/tasks")
    with sent_statements() as by_key:
        await program.get("/tasks")

    assert by_key == by_token


async def test_a_process_that_hears_of_no_changes_asks_one_statement(
    member: Person, uow: SqlUnitOfWorkFactory
) -> None:
    program = await with_key(member)
    access = ApiKeyAccess(uow, asking_each_time(uow))
    await access.identify(program.token)

    with sent_statements() as statements:
        await access.identify(program.token)

    assert len(statements) == 1


async def test_a_process_remembers_so_many_keys_and_no_more(
    member: Person, uow: SqlUnitOfWorkFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_access, "_MAX_KNOWN", 2)
    programs = [await with_key(member) for _ in range(3)]
    access = ApiKeyAccess(uow, asking_each_time(uow))

    for program in [*programs, *programs]:
        assert (await access.identify(program.token)).user_id == member.user.id

    assert len(access._known) == 2


async def test_work_that_goes_on_stops_with_the_key(
    member: Person, uow: SqlUnitOfWorkFactory, database: Database
) -> None:
    program = await with_key(member, permissions=["tasks:write"])
    rights = asking_each_time(uow)
    by = await ApiKeyAccess(uow, rights).identify(program.token)
    assert await rights.of(by) is by
    with pytest.raises(PermissionDeniedError, match="this API key"):
        await rights.require(by, Permission.TASKS_READ)

    await ApiKeyService(uow).revoke((await key_of(database, program)).id, None)

    assert not await rights.is_live(by)
    with pytest.raises(AuthenticationError, match="API key was revoked"):
        await rights.of(by)


async def test_a_key_that_is_revoked_while_a_body_comes_is_dead(
    member: Person, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deps, "_FRESH_SECONDS", 0)
    program = await with_key(member)
    key = await key_of(database, program)

    async def slow_body() -> Any:
        yield b'{"title": "Too '
        assert (await member.delete(f"/api-keys/{key.id}")).is_success
        yield b'late"}'

    answer = await program.post(
        "/tasks", content=slow_body(), headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 401


async def execute(database: Database, statement: str) -> None:
    """As an operator does it in psql."""
    async with database.engine.connect() as connection:
        await connection.execute(text(statement))
