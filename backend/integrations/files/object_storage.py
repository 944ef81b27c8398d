"""Files in a bucket, on obstore."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterator, Sequence
from contextlib import aclosing, contextmanager, suppress
from datetime import datetime
from typing import Any, BinaryIO

import obstore
from obstore.exceptions import BaseError, GenericError
from obstore.store import ObjectStore

from backend.services.files.storage import (
    FileStorage,
    StorageUnavailableError,
    StoredFileMissingError,
)
from backend.services.platform.blocking import is_in_memory

_BATCH = 1_000
_READ_BYTES = 256 * 1024
_WRITE_BYTES = 1024 * 1024
# S3 takes no smaller parts, and at most 10,000 of them: a file may have 48 GiB.
_PART_BYTES = 5 * 1024 * 1024
_MAX_PARALLEL_PARTS = 2
_NOT_PARTIAL = "non-partial response"


class ObjectStorage(FileStorage):
    """A bucket.

    The rest of a broken upload is not listed: give the bucket a lifecycle rule that aborts
    incomplete multipart uploads.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._has_ranges = True

    async def put(self, key: str, content: BinaryIO) -> None:
        with our_errors():
            if is_in_memory(content):
                first = content.read(_WRITE_BYTES)
            else:
                first = await asyncio.to_thread(content.read, _WRITE_BYTES)
            # Small files take one request instead of the three of a multipart upload.
            small = len(first) < _WRITE_BYTES
            await obstore.put_async(
                self._store,
                key,
                first if small else _pieces(first, content),
                chunk_size=_PART_BYTES,
                max_concurrency=_MAX_PARALLEL_PARTS,
            )

    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        with our_errors(key):
            if start == end:  # No store answers an empty range.
                await obstore.head_async(self._store, key)
                return _nothing()
            if (start, end) == (0, None) or not self._has_ranges:
                return await self._read_whole(key, start, end)
            asked: Any = {"offset": start} if end is None else (start, end)
            try:
                answer = await obstore.get_async(self._store, key, options={"range": asked})
            except GenericError as error:
                if _NOT_PARTIAL not in str(error):
                    raise
                self._has_ranges = False
                return await self._read_whole(key, start, end)
            return _chunks(answer.stream(_READ_BYTES))

    async def _read_whole(self, key: str, start: int, end: int | None) -> AsyncIterator[bytes]:
        """Send no range for the whole: some servers, such as rclone's, ignore ranges."""
        answer = await obstore.get_async(self._store, key)
        chunks = _chunks(answer.stream(_READ_BYTES))
        return chunks if (start, end) == (0, None) else _cut(chunks, start, end)

    async def delete(self, keys: Sequence[str]) -> None:
        with our_errors():
            try:
                await obstore.delete_async(self._store, keys)
            except FileNotFoundError:  # Some stores stop at the first that is missing.
                for key in keys:
                    with suppress(FileNotFoundError):
                        await obstore.delete_async(self._store, key)

    async def older_than(self, moment: datetime) -> AsyncIterator[list[str]]:
        with our_errors():
            async for batch in obstore.list(self._store, chunk_size=_BATCH):
                if keys := [item["path"] for item in batch if item["last_modified"] < moment]:
                    yield keys


@contextmanager
def our_errors(key: str | None = None) -> Iterator[None]:
    """Translate obstore's errors for services; the object at `key` may be missing.

    A full disk and a bucket that does not exist count as storage that is not available.
    """
    try:
        yield
    except (BaseError, OSError) as error:
        if key is not None and isinstance(error, FileNotFoundError):
            raise StoredFileMissingError(key) from error
        raise StorageUnavailableError(first_line(error)) from error


def first_line(error: Exception) -> str:
    """Return obstore's message without the internals of its Rust objects."""
    return str(error).partition("\n")[0]


async def _pieces(first: bytes, content: BinaryIO) -> AsyncIterator[bytes]:
    """All of a file whose first bytes are read. obstore would take whole parts out of it, and hold
    more than twice the memory."""
    piece = first
    while piece:
        yield piece
        piece = await asyncio.to_thread(content.read, _WRITE_BYTES)


async def _chunks(stream: AsyncIterable[bytes]) -> AsyncGenerator[bytes, None]:
    with our_errors():
        async for chunk in stream:
            yield chunk


async def _cut(
    chunks: AsyncGenerator[bytes, None], start: int, end: int | None
) -> AsyncIterator[bytes]:
    place = 0
    async with aclosing(chunks):  # Otherwise the server would send the rest to nobody.
        async for chunk in chunks:
            part = chunk[max(0, start - place) : None if end is None else max(0, end - place)]
            place += len(chunk)
            if part:
                yield part
            if end is not None and place >= end:
                return


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield
