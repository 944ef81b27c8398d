"""Files: uploaded, listed and deleted, and what is in the storage after that."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from backend.models.files.files import FileSubject
from tests.fixtures.people import Person

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(64)
EXE = b"MZ\x90\0\3\0\0\0" + bytes(64)
SUBJECTS = {
    "customer_id": ("/customers", {"name": "Grace Hopper"}),
    "lead_id": ("/leads", {"name": "Katherine Johnson"}),
    "task_id": ("/tasks", {"title": "Send the offer"}),
    "module_id": ("/modules", {"title": "Spring campaign"}),
}


async def attempt(
    person: Person,
    content: bytes = b"Hello",
    name: str = "hello.txt",
    subject: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> httpx2.Response:
    return await person.post(
        "/files", files={"file": (name, content)}, data=subject or {}, headers=headers or {}
    )


async def upload(person: Person, content: bytes = b"Hello", **more: Any) -> dict[str, Any]:
    answer = await attempt(person, content, **more)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


async def make_subject(person: Person, field: str) -> dict[str, str]:
    """Something that a file can be attached to, as the form names it."""
    path, body = SUBJECTS[field]
    return {field: (await person.post(path, json=body)).json()["id"]}


def stored(folder: Path) -> dict[str, bytes]:
    """All that lies in the storage, by name."""
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def test_a_file_is_uploaded_read_listed_downloaded_and_deleted(
    member: Person, storage: Path
) -> None:
    answer = await attempt(member, PNG, "logo.png")
    created = answer.json()
    path = f"/files/{created['id']}"
    assert answer.headers["Location"] == f"/api/v1{path}"
    assert stored(storage) == {created["id"]: PNG}
    assert (await member.get(path)).json() == created
    assert (await member.get("/files")).json()["items"] == [created]
    assert (await member.get(f"{path}/content")).content == PNG

    assert (await member.delete(path)).status_code == 204
    assert stored(storage) == {}
    for gone in (path, f"{path}/content"):
        assert (await member.get(gone)).status_code == 404
    assert (await member.delete(path)).status_code == 404


async def test_an_answer_tells_all_about_the_content(member: Person) -> None:
    created = await upload(member, PNG, name="logo.png")

    assert created["name"] == "logo.png"
    assert created["media_type"] == "image/png"
    assert created["size"] == len(PNG)
    assert created["sha256"] == sha256(PNG).hexdigest()
    assert created["owner_id"] == str(member.user.id)
    assert created["version"] == 1


async def test_a_large_file_is_kept_as_it_is(member: Person, storage: Path) -> None:
    content = b"%PDF-1.7\n" + bytes(range(256)) * 12_345

    created = await upload(member, content, name="catalogue.pdf")

    assert stored(storage)[created["id"]] == content


@pytest.mark.parametrize("field", SUBJECTS)
async def test_a_file_is_attached_to_one_thing(member: Person, field: str) -> None:
    subject = await make_subject(member, field)

    created = await upload(member, subject=subject)

    nothing = dict.fromkeys(SUBJECTS)
    assert {name: created[name] for name in SUBJECTS} == nothing | subject
    assert (await member.get("/files", params=subject)).json()["items"] == [created]
    elsewhere = {field: str(uuid4())}
    assert (await member.get("/files", params=elsewhere)).json()["items"] == []


def test_a_file_can_be_attached_to_each_kind_of_subject() -> None:
    assert set(SUBJECTS) == set(FileSubject._fields)


async def test_a_file_is_not_attached_to_two_things(member: Person, storage: Path) -> None:
    two = await make_subject(member, "task_id") | await make_subject(member, "module_id")

    answer = await attempt(member, subject=two)

    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["loc"] == ["body", "module_id"]
    assert "not to task_id and module_id" in error["msg"]
    assert stored(storage) == {}


@pytest.mark.parametrize("field", SUBJECTS)
async def test_an_unknown_subject_is_named_and_nothing_is_kept(
    member: Person, storage: Path, field: str
) -> None:
    answer = await attempt(member, subject={field: str(uuid4())})

    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["loc"], error["type"]) == (["body", field], "unknown_reference")
    assert stored(storage) == {}
    assert (await member.get("/files")).json()["items"] == []


async def test_an_empty_file_is_refused(member: Person, storage: Path) -> None:
    answer = await attempt(member, b"")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["body", "file"]
    assert stored(storage) == {}


@pytest.mark.parametrize(
    ("content", "name", "media_type"),
    [
        (PNG, "logo.exe", "image/png"),
        (PNG, "logo", "image/png"),
        (b"a,b\n1,2\n", "table.csv", "text/csv"),
        (b"Hello", "page.html", "text/plain"),
    ],
)
async def test_the_type_is_that_of_the_content(
    member: Person, content: bytes, name: str, media_type: str
) -> None:
    created = await upload(member, content, name=name)

    assert (created["name"], created["media_type"]) == (name, media_type)


@pytest.mark.parametrize(
    "content", [EXE, b"<svg onload='alert(1)'/>", b"<!doctype html><p>", b"\x7fELF" + bytes(64)]
)
async def test_a_type_that_is_not_allowed_is_refused_whatever_its_name(
    member: Person, storage: Path, content: bytes
) -> None:
    answer = await attempt(member, content, "harmless.png")

    assert answer.status_code == 415
    assert answer.json()["type"] == "/problems/unsupported-type"
    assert stored(storage) == {}


async def test_files_are_filtered_by_type_and_owner(member: Person, manager: Person) -> None:
    subject = await make_subject(member, "task_id")
    wanted = await upload(member, PNG, subject=subject)
    await upload(member, subject=subject)
    await upload(manager, PNG, subject=subject)

    filters = {"media_type": ["image/png", "image/gif"], "owner_id": str(member.user.id)}

    assert (await manager.get("/files", params=filters)).json()["items"] == [wanted]
