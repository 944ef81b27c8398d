"""Downloads: whole and in parts, and the headers that come with them."""

import pytest

from backend.core.scopes import SYSTEM
from backend.repositories.unit_of_work import UnitOfWorkFactory
from tests.factories import make_file
from tests.fixtures.people import Person
from tests.integration.files.test_files import PNG, upload

DIGITS = b"0123456789"


@pytest.fixture
async def path(member: Person) -> str:
    """Where the content of a file of ten bytes is."""
    return f"/files/{(await upload(member, DIGITS))['id']}/content"


async def test_a_download_is_the_content_with_all_about_it(member: Person) -> None:
    created = await upload(member, PNG, name="Grüße „an“ 漢字 😀; x=1.png")

    answer = await member.get(f"/files/{created['id']}/content")

    assert (answer.status_code, answer.content) == (200, PNG)
    name = "Gr%C3%BC%C3%9Fe%20%E2%80%9Ean%E2%80%9C%20%E6%BC%A2%E5%AD%97%20%F0%9F%98%80%3B%20x%3D1"
    expected = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "no-store",
        "Content-Disposition": (
            f"attachment; filename=\"Gr__e _an_ __ _; x=1.png\"; filename*=utf-8''{name}.png"
        ),
        "Content-Length": str(len(PNG)),
        "Content-Type": "image/png",
        "ETag": f'"{created["sha256"]}"',
        "X-Content-Type-Options": "nosniff",
    }
    assert {header: answer.headers[header] for header in expected} == expected
    assert "Content-Range" not in answer.headers


@pytest.mark.parametrize(
    ("wanted", "part", "content_range"),
    [
        ("bytes=0-0", b"0", "bytes 0-0/10"),
        ("bytes=5-", b"56789", "bytes 5-9/10"),
        ("bytes=-5", b"56789", "bytes 5-9/10"),
        ("bytes=3-5", b"345", "bytes 3-5/10"),
        ("bytes=9-9", b"9", "bytes 9-9/10"),
        ("bytes=0-9", DIGITS, "bytes 0-9/10"),
        ("bytes=8-99", b"89", "bytes 8-9/10"),
        ("bytes=-99", DIGITS, "bytes 0-9/10"),
        ("BYTES=1-2", b"12", "bytes 1-2/10"),
    ],
)
async def test_a_part_is_downloaded(
    member: Person, path: str, wanted: str, part: bytes, content_range: str
) -> None:
    answer = await member.get(path, headers={"Range": wanted})

    assert (answer.status_code, answer.content) == (206, part)
    assert answer.headers["Content-Range"] == content_range
    assert answer.headers["Content-Length"] == str(len(part))


@pytest.mark.parametrize("wanted", ["bytes=10-", "bytes=10-20", "bytes=-0", "bytes=99-100"])
async def test_a_part_beyond_the_end_is_refused_with_the_size(
    member: Person, path: str, wanted: str
) -> None:
    answer = await member.get(path, headers={"Range": wanted})

    assert answer.status_code == 416
    assert answer.json()["type"] == "/problems/range-not-satisfiable"
    assert answer.headers["Content-Range"] == "bytes */10"


@pytest.mark.parametrize(
    "wanted",
    [
        "bytes=5-3",
        "bytes=0-1,3-4",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=--5",
        "bytes=0x1-5",
        "bytes=\xb2-5",
        "lines=0-1",
        "0-1",
        "",
        "bytes=1-" + "9" * 5_000,
        "bytes=-" + "9" * 5_000,
    ],
)
async def test_what_is_no_single_part_gets_the_whole(
    member: Person, path: str, wanted: str
) -> None:
    answer = await member.get(path, headers={"Range": wanted.encode("latin-1")})

    assert (answer.status_code, answer.content) == (200, DIGITS)
    assert answer.headers["Content-Length"] == "10"


async def test_a_part_of_what_the_caller_has_is_sent(member: Person, path: str) -> None:
    etag = (await member.get(path)).headers["ETag"]

    answer = await member.get(path, headers={"Range": "bytes=2-3", "If-Range": etag})

    assert (answer.status_code, answer.content) == (206, b"23")


@pytest.mark.parametrize("other", ['"0"', 'W/"{}"', '"{}-gzip"', "Thu, 01 Jan 2026 00:00:00 GMT"])
async def test_a_part_of_anything_else_gets_the_whole(
    member: Person, path: str, other: str
) -> None:
    digest = (await member.get(path)).headers["ETag"].strip('"')

    headers = {"Range": "bytes=2-3", "If-Range": other.format(digest)}

    assert (await member.get(path, headers=headers)).content == DIGITS


@pytest.mark.parametrize("seen", ['"{}"', 'W/"{}"', '"{}-gzip"', '"0", "{}"', "*"])
async def test_who_has_the_content_gets_it_once(member: Person, path: str, seen: str) -> None:
    etag = (await member.get(path)).headers["ETag"]

    headers = {"If-None-Match": seen.format(etag.strip('"')), "Range": "bytes=0-0"}
    answer = await member.get(path, headers=headers)

    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["ETag"] == etag


async def test_who_has_something_else_gets_the_content(member: Person, path: str) -> None:
    assert (await member.get(path, headers={"If-None-Match": '"0"'})).content == DIGITS


async def test_the_content_stays_the_same_when_the_row_changes(member: Person) -> None:
    module = (await member.post("/modules", json={"title": "Spring campaign"})).json()
    created = await upload(member, subject={"module_id": module["id"]})
    path = f"/files/{created['id']}/content"
    etag = (await member.get(path)).headers["ETag"]

    await member.delete(f"/modules/{module['id']}")

    assert (await member.get(path, headers={"If-None-Match": etag})).status_code == 304


@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=0-0"}])
async def test_content_that_is_gone_from_the_storage_is_not_found(
    member: Person, uow: UnitOfWorkFactory, headers: dict[str, str]
) -> None:
    row = make_file(owner_id=member.user.id)
    async with uow(SYSTEM) as unit:
        await unit.files.save(row)
        await unit.commit()

    answer = await member.get(f"/files/{row.id}/content", headers=headers)

    assert answer.status_code == 404
    assert answer.json()["detail"] == "The content of this file is gone."
    assert (await member.delete(f"/files/{row.id}")).status_code == 204


async def test_a_large_file_is_downloaded_in_parts_that_join(member: Person) -> None:
    content = b"%PDF-1.7\n" + bytes(range(251)) * 5_000
    path = f"/files/{(await upload(member, content))['id']}/content"

    parts = [
        (await member.get(path, headers={"Range": f"bytes={start}-{start + 499_999}"})).content
        for start in range(0, len(content), 500_000)
    ]

    assert b"".join(parts) == content
    assert (await member.get(path)).content == content
