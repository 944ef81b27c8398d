"""Where the contents of files are kept, as services see it."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import BinaryIO, Protocol


class StoredFileMissingError(Exception):
    """Nothing is stored under this key."""


class StorageUnavailableError(Exception):
    """The storage does not answer, or refuses. The cause says why; it is not for callers to see."""


class FileStorage(Protocol):
    """Contents by key. All methods raise StorageUnavailableError."""

    async def put(self, key: str, content: BinaryIO) -> None:
        """Store what follows in the file, replacing what was there: all of it or nothing.

        The file has to stay open until this is done. It is read in a thread.
        """
        ...

    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` up to and without `end`, in chunks of some 256 KiB.

        Raises:
            StoredFileMissingError: at once, and not when the first chunk is asked for.
        """
        ...

    async def delete(self, keys: Sequence[str]) -> None:
        """Those that are not there are passed over."""
        ...

    def older_than(self, moment: datetime) -> AsyncIterator[list[str]]:
        """The keys last written before the moment, in batches."""
        ...
