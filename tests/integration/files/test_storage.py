"""What services may rely on, held against a folder and S3; then what each has of its own."""

import asyncio
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import chain
from pathlib import Path

import pytest

from backend.core.config import ConfigurationError
from backend.integrations.files import object_storage
from backend.integrations.files.storage import open_storage
from backend.repositories.unit_of_work import UnitOfWorkFactory
from backend.services.files.contents import FileContents
from backend.services.files.storage import (
    FileStorage,
    StorageUnavailableError,
    StoredFileMissingError,
)
from tests.factories import make_file
from tests.fixtures.http_server import HttpServer, Reply, Request
from tests.fixtures.processes import free_port
from tests.fixtures.s3 import use_s3_at

LARGE = bytes(range(251)) * 50_000  # No MiB of it is as the next.
MINUTE = timedelta(minutes=1)

BEGINNING_OF_AN_ANSWER = b"""\
HTTP/1.1 206 Partial Content\r
Content-Range: bytes 0-999999/1000000\r
Content-Length: 1000000\r
Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r
\r
too little"""

KILLED_WHILE_WRITING = """
import asyncio, io, os, signal, sys
from backend.integrations.files.storage import open_storage

class Deadly(io.BytesIO):
    def read(self, size):
        if self.tell() > 8_000_000:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().read(size)

asyncio.run(open_storage(sys.argv[1]).put("half", Deadly(bytes(20_000_000))))
"""


@pytest.fixture(params=["folder", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> FileStorage:
    s3 = request.param == "s3"
    return open_storage(request.getfixturevalue("s3_url") if s3 else tmp_path.as_uri())


async def read(storage: FileStorage, key: str, start: int, end: int) -> bytes:
    return b"".join([chunk async for chunk in await storage.read(key, start, end)])


async def keys_before(storage: FileStorage, moment: datetime) -> list[str]:
    return sorted([key async for keys in storage.older_than(moment) for key in keys])


async def test_a_large_file_comes_back_as_it_was(storage: FileStorage) -> None:
    await storage.put("ab/large", BytesIO(LARGE))

    assert await read(storage, "ab/large", 0, len(LARGE)) == LARGE


async def test_a_part_begins_and_ends_where_it_was_asked_to(storage: FileStorage) -> None:
    await storage.put("key", BytesIO(b"0123456789"))

    assert await read(storage, "key", 3, 7) == b"3456"
    assert await read(storage, "key", 9, 10) == b"9"


async def test_all_of_it_is_the_default(storage: FileStorage) -> None:
    await storage.put("key", BytesIO(b"0123456789"))

    assert b"".join([chunk async for chunk in await storage.read("key")]) == b"0123456789"
    assert b"".join([chunk async for chunk in await storage.read("key", 7)]) == b"789"


class WithoutRanges(HttpServer):
    """A bucket whose server answers a range with all there is, as `rclone serve s3` does."""

    async def answer(self, request: Request, reply: Reply) -> None:
        await reply.whole(200, LARGE, {"last-modified": "Thu, 01 Jan 2026 00:00:00 GMT"})


@pytest.fixture
def without_ranges(monkeypatch: pytest.MonkeyPatch) -> Iterator[WithoutRanges]:
    server = WithoutRanges()
    server.start()
    use_s3_at(server.url, monkeypatch)
    yield server
    server.stop()


async def test_a_whole_file_is_asked_for_without_a_range(
    without_ranges: WithoutRanges, uow: UnitOfWorkFactory
) -> None:
    file = make_file(size=len(LARGE))
    files = FileContents(uow, open_storage("s3://bucket/files"))

    whole = b"".join([chunk async for chunk in await files.read(file, 0, len(LARGE))])
    part = [
        b"".join([chunk async for chunk in await files.read(file, 700_000, 700_010)])
        for _ in range(2)
    ]

    assert whole == LARGE
    assert part == [LARGE[700_000:700_010]] * 2
    ranges = [request.headers.get("range") for request in without_ranges.requests]
    # It is asked once, and then taken for what it is.
    assert ranges == [None, "bytes=700000-700009", None, None]


async def test_an_empty_file_can_be_stored_and_read(storage: FileStorage) -> None:
    await storage.put("empty", BytesIO())

    assert await read(storage, "empty", 0, 0) == b""


async def test_a_second_file_takes_the_place_of_the_first(storage: FileStorage) -> None:
    await storage.put("key", BytesIO(b"first"))
    await storage.put("key", BytesIO(b"second"))

    assert await read(storage, "key", 0, 6) == b"second"


@pytest.mark.parametrize("end", [0, 10])
async def test_a_missing_file_is_an_error_before_anything_is_read(
    storage: FileStorage, end: int
) -> None:
    with pytest.raises(StoredFileMissingError):
        await storage.read("missing", 0, end)


async def test_chunks_are_small_in_both_directions(storage: FileStorage) -> None:
    asked = []

    class Watched(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            asked.append(size or -1)
            return super().read(size)

    await storage.put("key", Watched(LARGE))
    given = [len(chunk) async for chunk in await storage.read("key", 0, len(LARGE))]

    assert 0 < min(asked) <= max(asked) <= 1024 * 1024
    assert max(given) <= 1024 * 1024


async def test_what_is_missing_does_not_keep_the_rest_from_being_deleted(
    storage: FileStorage,
) -> None:
    keys = [f"key-{number}" for number in range(40)]
    for key in [*keys, "kept"]:
        await storage.put(key, BytesIO(b"x"))

    await storage.delete(["missing", *keys[:20], "lost", *keys[20:]])
    await storage.delete([])

    assert await keys_before(storage, datetime.now(UTC) + MINUTE) == ["kept"]


async def test_old_keys_come_in_batches(
    storage: FileStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(object_storage, "_BATCH", 2)
    for key in ("a/1", "a/2", "b/3"):
        await storage.put(key, BytesIO(b"x"))

    batches = [keys async for keys in storage.older_than(datetime.now(UTC) + MINUTE)]

    assert sorted(map(len, batches)) == [1, 2]
    assert sorted(chain(*batches)) == ["a/1", "a/2", "b/3"]
    assert await keys_before(storage, datetime.now(UTC) - MINUTE) == []


async def test_a_file_that_breaks_off_is_not_stored(storage: FileStorage) -> None:
    class Broken(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > 8_000_000:
                raise OSError("the disk is gone")
            return super().read(size)

    with pytest.raises(StorageUnavailableError, match="the disk is gone"):
        await storage.put("half", Broken(LARGE))

    assert await keys_before(storage, datetime.now(UTC) + MINUTE) == []


async def test_a_slow_file_does_not_hold_up_the_loop(storage: FileStorage) -> None:
    released = threading.Event()

    class Slow(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            assert released.wait(5)
            return super().read(size)

    asyncio.get_running_loop().call_soon(released.set)
    await storage.put("key", Slow(b"late"))

    assert await read(storage, "key", 0, 4) == b"late"


async def test_an_upload_that_is_cancelled_is_not_stored(storage: FileStorage) -> None:
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()

    class Endless(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            loop.call_soon_threadsafe(begun.set)
            return bytes(size or 1)

    upload = asyncio.create_task(storage.put("half", Endless()))
    await begun.wait()
    upload.cancel()
    with pytest.raises(asyncio.CancelledError):
        await upload

    assert await keys_before(storage, datetime.now(UTC) + MINUTE) == []


async def test_a_bucket_that_is_away_is_an_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    use_s3_at(f"http://127.0.0.1:{free_port()}", monkeypatch)
    storage = open_storage("s3://bucket")

    with pytest.raises(StorageUnavailableError) as raised:
        await storage.put("key", BytesIO(b"x"))
    assert raised.value.__cause__
    with pytest.raises(StorageUnavailableError):
        await storage.read("key", 0, 1)
    with pytest.raises(StorageUnavailableError):
        await storage.delete(["key"])
    with pytest.raises(StorageUnavailableError):
        await keys_before(storage, datetime.now(UTC))


async def test_a_bucket_that_does_not_exist_stores_nothing(s3_url: str) -> None:
    with pytest.raises(StorageUnavailableError):
        await open_storage("s3://nobody-made-it").put("key", BytesIO(b"x"))


async def test_a_bucket_that_breaks_off_is_an_error_of_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def break_off(request: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        # Closing with unread bytes would reset the connection, and take the answer along.
        await request.readuntil(b"\r\n\r\n")
        answer.write(BEGINNING_OF_AN_ANSWER)
        await answer.drain()
        answer.close()

    server = await asyncio.start_server(break_off, "127.0.0.1")
    use_s3_at(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", monkeypatch)
    async with server:
        chunks = await open_storage("s3://bucket").read("key", 0, 1_000_000)
        with pytest.raises(StorageUnavailableError):
            async for _ in chunks:
                pass


@pytest.fixture
def folder_of_the_killed(tmp_path: Path) -> Path:
    """A folder in which a process was killed while it wrote the file `half`."""
    command = [sys.executable, "-c", KILLED_WHILE_WRITING, tmp_path.as_uri()]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    return tmp_path


async def test_what_a_killed_process_leaves_can_only_be_listed_and_deleted(
    folder_of_the_killed: Path,
) -> None:
    storage = open_storage(folder_of_the_killed.as_uri())

    with pytest.raises(StoredFileMissingError):
        await storage.read("half", 0, 1)
    assert await keys_before(storage, datetime.now(UTC) - MINUTE) == []
    assert await keys_before(storage, datetime.now(UTC) + MINUTE) == ["half#1"]
    await storage.delete(["half#1", "half#2"])
    assert await keys_before(storage, datetime.now(UTC) + MINUTE) == []


def test_a_folder_is_made_with_those_above_it(tmp_path: Path) -> None:
    folder = tmp_path / "with a space" / "files"

    open_storage(folder.as_uri())

    assert folder.is_dir()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "files",
        "file:files",
        "file://files/here",
        "file:///dev/null/files",
        "memory:///",
        "http://example.com/files",
        "s3://",
        "s3://[",
        "az://container",
    ],
)
def test_a_url_that_can_not_be_used_is_refused_in_one_line(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^FILES_URL: .*; give a URL such as") as refused:
        open_storage(url)

    assert "\n" not in str(refused.value)
