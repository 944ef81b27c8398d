"""The Protocol of the storage of file contents."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import BinaryIO, Protocol


class StoredFileMissingError(Exception):
    """Nothing is stored under this key."""


class StorageUnavailableError(Exception):
    """The storage does not answer, or refuses. The cause is for operators, not callers."""


class FileStorage(Protocol):
    """Contents by key. All methods raise StorageUnavailableError."""

    async def put(self, key: str, content: BinaryIO) -> None:
        """Store the rest of the file atomically, replacing existing content.

        The file must stay open meanwhile. It is read in a thread.
        """
        ...

    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Return the bytes from `start` up to but excluding `end`, in chunks of about 256 KiB.

        Raises:
            StoredFileMissingError: immediately, not at the first chunk.
        """
        ...

    async def delete(self, keys: Sequence[str]) -> None:
        """Delete contents; missing ones are skipped."""
        ...

    def older_than(self, moment: datetime) -> AsyncIterator[list[str]]:
        """Yield the keys last written before the time, in batches."""
        ...
