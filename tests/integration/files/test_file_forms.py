"""Forms that carry a file: what is mended, and what is refused with nothing left behind."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx2
import pytest

from backend.api.middleware import answers
from tests.fixtures.application import empty, make_settings, running_app
from tests.fixtures.people import Person
from tests.integration.files.test_files import attempt, stored

MAX_BYTES = 2_000
ROOM = 64 * 1024
"""So much larger than its file may a form be."""

PIECE = 1_000

MULTIPART = "multipart/form-data; boundary=b"
FILE = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nHello'
END = b"\r\n--b--\r\n"


def field(name: str, value: bytes = b"x") -> bytes:
    return b'\r\n--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n' % name.encode() + value


BROKEN = {
    "nothing": (b"", MULTIPART, 422),
    "an end": (END, MULTIPART, 422),
    "the file as text": (field("file", b"Hello") + END, MULTIPART, 422),
    "an unknown field": (FILE + field("colour") + END, MULTIPART, 422),
    "an id that is none": (FILE + field("task_id", b"me") + END, MULTIPART, 422),
    "bytes that are no text": (FILE + field("task_id", b"\xff\x00") + END, MULTIPART, 422),
    "a cut header": (FILE[:60], MULTIPART, 422),
    "no boundary": (FILE + END, "multipart/form-data", 400),
    "an empty boundary": (FILE + END, "multipart/form-data; boundary=", 400),
    "another boundary": (FILE + END, "multipart/form-data; boundary=c", 400),
    "no form": (b"Hello", MULTIPART, 400),
    "no name": (FILE.replace(b'name="file"; ', b"") + END, MULTIPART, 400),
    "a long name": (FILE + field("x" * 20_000) + END, MULTIPART, 400),
    "a large field": (FILE + field("task_id", b"x" * 2_000_000) + END, MULTIPART, 400),
    "too many fields": (FILE + field("task_id") * 10_000 + END, MULTIPART, 400),
    "too many files": ((FILE + b"\r\n") * 1_001 + END, MULTIPART, 400),
    "JSON": (b'{"file": "Hello"}', "application/json", 422),
    "another kind of form": (b"file=Hello", "application/x-www-form-urlencoded", 422),
    "text": (b"Hello", "text/plain", 422),
}


async def send(person: Person, body: Any, content_type: str = MULTIPART) -> httpx2.Response:
    headers = {"Content-Type": content_type}
    answer: httpx2.Response = await person.post("/files", content=body, headers=headers)
    return answer


async def in_pieces(body: bytes, read: list[int]) -> AsyncIterator[bytes]:
    """The body without a Content-Length; notes how much of it was read."""
    for start in range(0, len(body), PIECE):
        piece = body[start : start + PIECE]
        read.append(len(piece))
        yield piece


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="module")
async def client_of_small_files(
    worker_database_url: str, folder: Path
) -> AsyncIterator[httpx2.AsyncClient]:
    files = {"url": folder.as_uri(), "max_bytes": MAX_BYTES}
    async with running_app(make_settings(worker_database_url, files=files)) as client:
        yield client


@pytest.fixture
def limited(member: Person, client_of_small_files: httpx2.AsyncClient, folder: Path) -> Person:
    """The member, before an application that takes small files: in `folder`, which is empty."""
    empty(folder)
    return replace(member, client=client_of_small_files)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (b"../../etc/passwd", "passwd"),
        (b"C:\\temp\\a.txt", "a.txt"),
        (b"a\x01\x7f\x1b.txt", "a.txt"),
        ("invoice\u202etxt.exe".encode(), "invoicetxt.exe"),
        ("\u2066a\u2069\u200b.txt".encode(), "a.txt"),
        (b"x" * 300 + b".txt", "x" * 196 + ".txt"),
        (b"", "file"),
        (b"..", "file"),
        (b"\xff\xfe.txt", "ÿþ.txt"),
        (b"a.txt\r\nSet-Cookie: a=b", '"a.txt'),
        (b"a\nSet-Cookie: a=b", "a Set-Cookie: a=b"),
        (b"a%0d%0aSet-Cookie: a=b", "a%0d%0aSet-Cookie: a=b"),
        (rb"a\"; filename=b.exe", 'a"; filename=b.exe'),
    ],
)
async def test_a_name_is_cleaned_and_stands_alone_in_the_header_of_a_download(
    member: Person, given: bytes, kept: str
) -> None:
    answer = await send(member, FILE.replace(b"a.txt", given) + END)

    assert answer.status_code == 201, answer.text
    assert answer.json()["name"] == kept
    headers = (await member.get(f"/files/{answer.json()['id']}/content")).headers
    header = re.fullmatch(
        r"attachment; filename=\"[^\"\\]*\"; filename\*=utf-8''([\w.~%-]+)",
        headers["Content-Disposition"],
        re.ASCII,
    )
    assert header
    assert unquote(header[1]) == kept
    assert "Set-Cookie" not in headers


@pytest.mark.parametrize(
    "disposition",
    [
        (
            'name=file; filename="=?utf-8?B?w5xiZXJzaWNodC5jc3Y=?="; '
            "filename*=utf-8''%C3%9Cbersicht.csv"
        ),
        "name=\"file\"; filename*=utf-8''%C3%9Cbersicht.csv",
        'name="file"; filename="=?utf-8?Q?=C3=9Cbersicht.csv?="',
        'name="file"; filename="Übersicht.csv"',
        "filename*=utf-8''docs%2F%C3%9Cbersicht.csv; name=\"file\"",
    ],
)
async def test_a_name_arrives_in_every_form_and_says_what_a_text_is(
    member: Person, disposition: str
) -> None:
    head = f"--b\r\nContent-Disposition: form-data; {disposition}\r\n\r\n".encode()

    answer = await send(member, head + b"name\nGrace\n" + END)

    assert answer.status_code == 201, answer.text
    assert (answer.json()["name"], answer.json()["media_type"]) == ("Übersicht.csv", "text/csv")


@pytest.mark.parametrize(("body", "content_type", "status"), BROKEN.values(), ids=BROKEN)
async def test_a_form_that_does_not_fit_is_a_problem(
    member: Person, storage_folder: Path, body: bytes, content_type: str, status: int
) -> None:
    before = stored(storage_folder)

    answer = await send(member, body, content_type)

    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert stored(storage_folder) == before


# Starlette leaves the broken part to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_file_without_an_end_is_no_file(member: Person) -> None:
    answer = await send(member, FILE)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["body", "file"]


async def test_a_file_has_as_many_bytes_as_are_allowed(limited: Person) -> None:
    assert (await attempt(limited, b"x" * MAX_BYTES)).status_code == 201


@pytest.mark.parametrize("size", [MAX_BYTES + 1, MAX_BYTES + ROOM, 10 * ROOM])
async def test_a_file_that_is_too_large_is_refused(
    limited: Person, folder: Path, size: int
) -> None:
    answer = await attempt(limited, b"x" * size)

    assert answer.status_code == 413
    assert answer.json()["type"] == "/problems/content-too-large"
    assert stored(folder) == {}


async def test_a_file_that_is_too_large_is_refused_however_it_comes(
    limited: Person, folder: Path
) -> None:
    body = FILE + b"x" * MAX_BYTES + END

    answer = await send(limited, in_pieces(body, []))

    assert answer.status_code == 413
    assert "2,000 bytes" in answer.json()["detail"]
    assert stored(folder) == {}


async def test_a_form_far_beyond_the_limit_is_not_read_to_its_end(
    limited: Person, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    monkeypatch.setattr(answers, "_DRAIN_BYTES", ROOM)

    answer = await send(limited, in_pieces(FILE + b"x" * 100 * ROOM, read))

    assert answer.status_code == 413
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert sum(read) < 3 * ROOM
    assert stored(folder) == {}


async def test_a_form_that_says_how_large_it_is_is_refused_before_it_is_read(
    limited: Person,
) -> None:
    read: list[int] = []
    headers = {"Content-Type": MULTIPART, "Content-Length": str(100 * ROOM)}

    answer = await limited.post("/files", content=in_pieces(FILE, read), headers=headers)

    assert answer.status_code == 413
    assert sum(read) <= PIECE


async def test_other_routes_do_not_take_what_is_as_large_as_a_file(limited: Person) -> None:
    assert (await limited.post("/tasks", content=b"x" * 1_100_000)).status_code == 413
