"""All that is personal of somebody, as a ZIP."""

import io
import json
import tracemalloc
from pathlib import Path
from typing import Any
from uuid import uuid4
from zipfile import ZipFile

from sqlalchemy import text

from backend.core.database import Database
from backend.models.platform.job_requests import Queue
from tests.fixtures.jobs import Jobs
from tests.fixtures.people import Person, with_key

EXPORT = "/users/me/export"
Json = dict[str, Any]


async def export(person: Person, jobs: Jobs) -> Json:
    """Run an export to its end; the execution."""
    made = await person.post(EXPORT)
    assert made.status_code == 202, made.text
    await jobs.drain(Queue.EXECUTIONS)
    ended: Json = (await person.get(f"/executions/{made.json()['id']}")).json()
    assert ended["status"] == "completed", ended["error"]
    return ended


async def archive_of(person: Person, jobs: Jobs) -> ZipFile:
    result = (await export(person, jobs))["result"]
    content = await person.get(f"/files/{result['file_id']}/content")
    return ZipFile(io.BytesIO(content.content))


def rows_in(archive: ZipFile, kind: str) -> list[Json]:
    found: list[Json] = json.loads(archive.read(f"{kind}.json"))
    return found


async def upload(person: Person, content: bytes, **fields: str) -> str:
    sent = {"file": ("note.txt", content, "text/plain")}
    answer = await person.post("/files", files=sent, data=fields)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_it_has_the_account_and_what_is_private_of_its_owner(
    member: Person, manager: Person, jobs: Jobs
) -> None:
    mine = (await member.post("/modules", json={"title": "Mine"})).json()
    await manager.post("/modules", json={"title": "Not mine"})
    chat = (await member.post("/chats", json={})).json()
    await member.post(f"/chats/{chat['id']}/messages", json={"text": "Hello"})

    archive = await archive_of(member, jobs)

    [account] = rows_in(archive, "users")
    assert account["email"] == member.user.email
    assert [each["id"] for each in rows_in(archive, "modules")] == [mine["id"]]
    assert {each["chat_id"] for each in rows_in(archive, "chat_messages")} == {chat["id"]}
    assert {each["actor_id"] for each in rows_in(archive, "events")} == {str(member.user.id)}


async def test_it_has_no_secrets_and_nothing_of_the_team(
    member: Person, jobs: Jobs, database: Database
) -> None:
    await with_key(member)
    await member.post("/customers", json={"name": "Somebody"})

    archive = await archive_of(member, jobs)

    names = archive.namelist()
    assert "customers.json" not in names
    written = b"".join(archive.read(name) for name in names).decode()
    [key] = rows_in(archive, "api_keys")
    assert key["name"] == "A program"
    for secret in ("password_hash", "token_hash", "sealed_secret", "code_hash"):
        assert secret not in written


async def test_it_has_private_files_as_they_were_but_no_earlier_export(
    member: Person, jobs: Jobs
) -> None:
    customer = (await member.post("/customers", json={"name": "Somebody"})).json()["id"]
    private = await upload(member, b"a secret of mine")
    team = await upload(member, b"of the team", customer_id=customer)
    await export(member, jobs)

    archive = await archive_of(member, jobs)

    files = {name: archive.read(name) for name in archive.namelist() if name.startswith("files/")}
    assert files == {f"files/{private} note.txt": b"a secret of mine"}
    assert team not in "".join(each["id"] for each in rows_in(archive, "files"))


async def test_a_content_that_is_gone_keeps_nobody_from_the_rest(
    member: Person, jobs: Jobs, storage_folder: Path
) -> None:
    gone = await upload(member, b"deleted at the same time")
    kept = await upload(member, b"a secret of mine")
    (storage_folder / gone).unlink()

    archive = await archive_of(member, jobs)

    files = [name for name in archive.namelist() if name.startswith("files/")]
    assert files == [f"files/{kept} note.txt"]


async def test_files_can_be_left_out(member: Person, jobs: Jobs) -> None:
    await upload(member, b"a secret of mine")
    made = (await member.post(EXPORT, json={"files": False})).json()
    await jobs.drain(Queue.EXECUTIONS)

    result = (await member.get(f"/executions/{made['id']}")).json()["result"]

    assert result["files"] == 0


async def test_no_key_exports_an_account(member: Person) -> None:
    program = await with_key(member)

    assert (await program.post(EXPORT)).status_code == 403
    body = {"kind": "account", "inputs": {}}
    assert (await program.post("/executions", json=body)).status_code == 403


async def test_ten_thousand_rows_take_no_more_memory_than_some(
    member: Person, jobs: Jobs, database: Database
) -> None:
    """20 MB of rows, of which a batch has one."""
    many = text("""
        INSERT INTO notifications
            (id, kind, title, text, subject_kind, subject_id, created_at, user_id, event_id)
        SELECT gen_random_uuid(), 'task_assigned', 'A title', repeat('x', 2000), 'task',
            gen_random_uuid(), now(), :user_id, gen_random_uuid()
        FROM generate_series(1, 10000)
    """)
    # What every export needs once is there already.
    await export(member, jobs)
    async with database.engine.connect() as connection:
        await connection.execute(text("SET statement_timeout = 0"))
        await connection.execute(many, {"user_id": member.user.id})
        await connection.execute(text("RESET statement_timeout"))

    tracemalloc.start()
    try:
        result = (await export(member, jobs))["result"]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert result["rows"] > 10_000
    assert peak < 10 * 1024 * 1024


async def test_the_same_key_of_a_request_makes_one_export(member: Person) -> None:
    headers = {"Idempotency-Key": str(uuid4())}

    made = [(await member.post(EXPORT, headers=headers)).json()["id"] for _ in range(2)]

    assert len(set(made)) == 1
