"""Rows and contents stay together: retries, a storage that is away, and orphans."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from backend.core.preconditions import ANY_VERSION
from backend.core.scopes import SYSTEM
from backend.models.files.files import FileSubject
from backend.models.platform.idempotency import made
from backend.models.platform.mixins import now
from backend.repositories.unit_of_work import UnitOfWorkFactory
from backend.wiring import files_services
from tests.fixtures.application import make_settings, running_app
from tests.fixtures.people import Person
from tests.fixtures.processes import free_port
from tests.fixtures.s3 import use_s3_at
from tests.integration.files.test_files import SUBJECTS, attempt, make_subject, stored, upload

KEY = {"Idempotency-Key": "once"}
HOUR = timedelta(hours=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of a storage of one's own."""
    return tmp_path / "files"


@pytest.fixture
async def apart(member: Person, worker_database_url: str, folder: Path) -> AsyncIterator[Person]:
    """The member, before an application that keeps files in `folder`."""
    settings = make_settings(worker_database_url, files={"url": folder.as_uri()})
    async with running_app(settings) as client:
        yield Person(member.user, member.session, member.token, client)


def replace_by_a_file(folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))
    folder.touch()


async def test_an_upload_that_is_sent_again_leaves_one_file(member: Person, storage: Path) -> None:
    subject = await make_subject(member, "task_id")
    first = await attempt(member, headers=KEY, subject=subject)

    second = await attempt(member, headers=KEY, subject=subject)

    assert (second.status_code, second.json()) == (201, first.json())
    assert second.headers["Idempotency-Replayed"] == "true"
    assert second.headers["Location"] == first.headers["Location"]
    assert stored(storage) == {first.json()["id"]: b"Hello"}


async def test_a_key_belongs_to_one_file_in_one_place(member: Person, storage: Path) -> None:
    subject = await make_subject(member, "task_id")
    first = await upload(member, headers=KEY)

    for again in (
        await attempt(member, b"Hullo", headers=KEY),
        await attempt(member, name="other.txt", headers=KEY),
        await attempt(member, headers=KEY, subject=subject),
    ):
        assert again.status_code == 422
        assert again.json()["type"] == "/problems/idempotency-key-reused"
    assert stored(storage) == {first["id"]: b"Hello"}


async def test_an_upload_whose_answer_was_lost_leaves_one_file_when_sent_again(
    member: Person, storage: Path, worker_database_url: str
) -> None:
    first = await attempt(member, headers=KEY)
    with psycopg.connect(worker_database_url) as connection:
        connection.execute("UPDATE idempotent_requests SET status = NULL, body = NULL")

    second = await attempt(member, headers=KEY)

    assert (second.status_code, second.json()) == (201, first.json())
    assert second.headers["Location"] == first.headers["Location"]
    assert stored(storage) == {first.json()["id"]: b"Hello"}


async def test_uploads_with_one_key_at_the_same_time_leave_one_file(
    member: Person, storage: Path
) -> None:
    answers = await asyncio.gather(*(attempt(member, headers=KEY) for _ in range(5)))

    assert {answer.status_code for answer in answers} <= {201, 409}
    (created,) = {answer.json()["id"] for answer in answers if answer.status_code == 201}
    assert stored(storage) == {created: b"Hello"}


async def test_an_upload_that_was_refused_can_be_sent_again(member: Person, storage: Path) -> None:
    refused = await attempt(member, headers=KEY, subject={"task_id": str(uuid4())})
    assert refused.status_code == 422

    created = await upload(member, headers=KEY)

    assert stored(storage) == {created["id"]: b"Hello"}


async def test_a_folder_that_is_away_is_said_to_be_away(apart: Person, folder: Path) -> None:
    path = f"/files/{(await upload(apart))['id']}"
    replace_by_a_file(folder)

    for answer in (await attempt(apart), await apart.get(f"{path}/content")):
        assert answer.status_code == 503
        assert answer.json()["detail"] == "The storage of files does not answer."
        assert int(answer.headers["Retry-After"]) > 0
    assert len((await apart.get("/files")).json()["items"]) == 1
    assert (await apart.delete(path)).status_code == 204


async def test_a_bucket_that_is_away_is_said_to_be_away(
    member: Person, worker_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_s3_at(f"http://127.0.0.1:{free_port()}", monkeypatch)
    settings = make_settings(worker_database_url, files={"url": "s3://bucket"})
    async with running_app(settings) as client:
        answer = await attempt(Person(member.user, member.session, member.token, client))

    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "127.0.0.1" not in answer.text
    assert (await member.get("/files")).json()["items"] == []


async def test_contents_without_a_row_are_removed_once_they_are_old(
    apart: Person, folder: Path, uow: UnitOfWorkFactory, worker_database_url: str
) -> None:
    kept = await upload(apart)
    orphan, leftover, young = (
        folder / name for name in (str(uuid4()), f"{uuid4()}#1", str(uuid4()))
    )
    foreign = [folder / name for name in ("backup.sql", uuid4().hex, str(uuid4()).upper())]
    for path in (orphan, leftover, young, *foreign):
        path.write_bytes(b"x")
    long_ago = (now() - 2 * HOUR).timestamp()
    for path in (folder / kept["id"], orphan, leftover, *foreign):
        os.utime(path, (long_ago, long_ago))

    settings = make_settings(worker_database_url, files={"url": folder.as_uri()})
    removed = await files_services(settings, uow).contents.remove_orphans(HOUR)

    assert removed == 2
    assert stored(folder).keys() == {kept["id"], young.name, *(path.name for path in foreign)}
    assert await files_services(settings, uow).contents.remove_orphans(HOUR) == 0


@pytest.mark.parametrize("field", ["customer_id", "lead_id", "task_id"])
async def test_what_has_files_is_not_deleted(manager: Person, field: str) -> None:
    subject = await make_subject(manager, field)
    created = await upload(manager, subject=subject)
    path = f"{SUBJECTS[field][0]}/{subject[field]}"

    refused = await manager.delete(path)

    assert refused.status_code == 409
    assert "Files are attached" in refused.json()["detail"]
    await manager.delete(f"/files/{created['id']}")
    assert (await manager.delete(path)).status_code == 204


async def test_the_files_of_a_module_outlive_it(member: Person) -> None:
    subject = await make_subject(member, "module_id")
    created = await upload(member, subject=subject)

    assert (await member.delete(f"/modules/{subject['module_id']}")).status_code == 204

    left = (await member.get(f"/files/{created['id']}")).json()
    assert (left["module_id"], left["version"]) == (None, 2)
    assert (await member.get(f"/files/{created['id']}/content")).content == b"Hello"


async def test_files_are_kept_in_a_bucket_as_well(
    member: Person, uow: UnitOfWorkFactory, worker_database_url: str, s3_url: str
) -> None:
    settings = make_settings(worker_database_url, files={"url": s3_url})
    services, by = files_services(settings, uow), member.principal
    service = services.files

    file = made(await service.upload("a.txt", BytesIO(b"0123456789"), FileSubject(), by))
    part = [chunk async for chunk in await service.content(file, 2, 5)]
    assert b"".join(part) == b"234"
    assert await services.contents.remove_orphans(-HOUR) == 0

    await service.delete(file.id, by, ANY_VERSION)

    assert await services.contents.remove_orphans(-HOUR) == 0
    async with uow.reading(SYSTEM) as unit:
        assert await unit.files.find(file.id) is None
