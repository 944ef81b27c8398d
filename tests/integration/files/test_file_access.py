"""Who may see, add and delete which files."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest

from backend.api.middleware import answers
from backend.core.permissions import Role
from backend.core.scopes import SYSTEM
from backend.repositories.unit_of_work import UnitOfWorkFactory
from tests.factories import make_file, make_module
from tests.fixtures.people import Person, SignedIn
from tests.integration.files.test_files import attempt, make_subject, stored, upload

TEAM = ["customer_id", "lead_id", "task_id"]
PRIVATE = ["module_id", None]


async def subject_or_none(person: Person, field: str | None) -> dict[str, str]:
    return await make_subject(person, field) if field else {}


@pytest.fixture(params=Role, ids=lambda role: f"a {role}")
async def somebody(request: pytest.FixtureRequest, signed_in: SignedIn) -> Person:
    """A person of each role in turn."""
    return await signed_in(request.param)


@pytest.mark.parametrize("field", PRIVATE)
async def test_a_private_file_is_found_by_nobody_else(
    member: Person, somebody: Person, field: str | None
) -> None:
    private = await upload(member, subject=await subject_or_none(member, field))
    path = f"/files/{private['id']}"

    for answer in (
        await somebody.get(path),
        await somebody.get(f"{path}/content"),
        await somebody.get(f"{path}/content", headers={"If-None-Match": "*"}),
        await somebody.get(f"{path}/content", headers={"Range": "bytes=0-0"}),
        await somebody.delete(path),
        await somebody.delete(path, headers={"If-Match": '"7"'}),
    ):
        assert answer.status_code == 404
        assert answer.json()["detail"] == f"There is no file with the id {private['id']}."
    assert (await somebody.get("/files")).json()["items"] == []
    assert (await member.get("/files")).json()["items"] == [private]


@pytest.mark.parametrize("field", TEAM)
async def test_everybody_but_guests_reads_the_files_of_the_team(
    member: Person, somebody: Person, field: str
) -> None:
    shared = await upload(member, subject=await make_subject(member, field))
    path = f"/files/{shared['id']}"

    if somebody.user.role is Role.GUEST:
        assert (await somebody.get("/files")).json()["items"] == []
        assert (await somebody.get(path)).status_code == 404
        assert (await somebody.get(f"{path}/content")).status_code == 404
        return
    assert (await somebody.get("/files")).json()["items"] == [shared]
    assert (await somebody.get(path)).json() == shared
    assert (await somebody.get(f"{path}/content")).content == b"Hello"


@pytest.mark.parametrize("field", TEAM)
async def test_a_viewer_adds_nothing_to_the_teams_files(
    viewer: Person, member: Person, storage_folder: Path, field: str
) -> None:
    before = stored(storage_folder)

    answer = await attempt(viewer, subject=await make_subject(member, field))

    assert answer.status_code == 403
    assert "files:write" in answer.json()["detail"]
    assert stored(storage_folder) == before


@pytest.mark.parametrize("field", PRIVATE)
async def test_a_viewer_has_private_files(viewer: Person, field: str | None) -> None:
    own = await upload(viewer, subject=await subject_or_none(viewer, field))
    path = f"/files/{own['id']}"

    assert (await viewer.get(f"{path}/content")).content == b"Hello"
    assert (await viewer.delete(path)).status_code == 204


async def test_one_of_the_teams_files_is_deleted_by_who_uploaded_it_or_a_manager(
    member: Person, somebody: Person
) -> None:
    shared = await upload(member, subject=await make_subject(member, "task_id"))
    path = f"/files/{shared['id']}"

    answer = await somebody.delete(path)

    if somebody.user.role in {Role.ADMIN, Role.MANAGER}:
        assert answer.status_code == 204
        return
    if somebody.user.role is Role.GUEST:
        assert answer.status_code == 404
    else:
        assert answer.status_code == 403
        assert "files:delete" in answer.json()["detail"]
    assert (await member.delete(path)).status_code == 204


async def test_who_was_made_a_viewer_still_deletes_what_they_have_uploaded(
    admin: Person, member: Person
) -> None:
    shared = await upload(member, subject=await make_subject(member, "task_id"))
    await admin.put(f"/users/{member.user.id}/role", json={"role": "viewer"})

    assert (await member.delete(f"/files/{shared['id']}")).status_code == 204


async def test_a_module_of_somebody_else_is_unknown(
    member: Person, manager: Person, storage_folder: Path
) -> None:
    before = stored(storage_folder)

    answer = await attempt(manager, subject=await make_subject(member, "module_id"))

    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["loc"], error["type"]) == (["body", "module_id"], "unknown_reference")
    assert stored(storage_folder) == before


async def test_a_delete_is_refused_for_another_version(member: Person) -> None:
    path = f"/files/{(await upload(member))['id']}"

    refused = await member.delete(path, headers={"If-Match": '"2"'})

    assert (refused.status_code, refused.headers["ETag"]) == (412, '"1"')
    assert (await member.delete(path, headers={"If-Match": '"1"'})).status_code == 204


async def test_filters_do_not_lead_to_private_files_of_others(
    manager: Person, member: Person, uow: UnitOfWorkFactory
) -> None:
    module = make_module(owner_id=member.user.id)
    async with uow(SYSTEM) as unit:
        await unit.modules.save(module)
        await unit.files.save(make_file(owner_id=member.user.id, module_id=module.id, name="x"))
        await unit.files.save(make_file(owner_id=member.user.id, name="x"))
        await unit.commit()

    for query in (
        {"owner_id": str(member.user.id)},
        {"module_id": str(module.id)},
        {"q": "x"},
        {"total": "true"},
    ):
        page = (await manager.get("/files", params=query)).json()
        assert page["items"] == []
        assert not page["total"]


async def test_nobody_uploads_or_downloads_without_signing_in(
    member: Person, storage_folder: Path
) -> None:
    created = await upload(member)
    before = stored(storage_folder)
    content = f"/api/v1/files/{created['id']}/content"

    upload_answer = await member.client.post("/api/v1/files", files={"file": ("a.txt", b"x")})

    assert upload_answer.status_code == 401
    assert (await member.client.get(content)).status_code == 401
    assert (await member.client.get(f"/api/v1/files/{uuid4()}/content")).status_code == 401
    assert stored(storage_folder) == before


async def test_the_body_of_a_stranger_is_not_read(
    client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[bytes] = []
    # What is read after the answer is dropped.
    monkeypatch.setattr(answers, "_DRAIN_BYTES", 0)

    async def body() -> AsyncIterator[bytes]:
        for _ in range(100):
            read.append(b"x" * 65_536)
            yield read[-1]

    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = await client.post("/api/v1/files", content=body(), headers=headers)

    assert answer.status_code == 401
    assert len(read) <= 1
