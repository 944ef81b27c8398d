"""A folder of files whose library is loaded with the first access."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from backend.services.files.storage import FileStorage

if TYPE_CHECKING:
    from backend.integrations.files.folder_storage import FolderStorage


class FolderOnDemand(FileStorage):
    """Like `FolderStorage`, for processes that never access a file: most workers and commands."""

    def __init__(self, folder: Path) -> None:
        """The folder already exists."""
        self._folder = folder
        self._loading = asyncio.Lock()
        self._storage: FolderStorage | None = None

    async def put(self, key: str, content: BinaryIO) -> None:
        await (await self._load()).put(key, content)

    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        return await (await self._load()).read(key, start, end)

    async def delete(self, keys: Sequence[str]) -> None:
        await (await self._load()).delete(keys)

    async def older_than(self, moment: datetime) -> AsyncIterator[list[str]]:
        async for keys in (await self._load()).older_than(moment):
            yield keys

    async def _load(self) -> "FolderStorage":
        async with self._loading:
            if self._storage is None:
                # In a thread, to not block other requests.
                self._storage = await asyncio.to_thread(_open, self._folder)
            return self._storage


def _open(folder: Path) -> "FolderStorage":
    from obstore.store import LocalStore  # noqa: PLC0415  # see the class

    from backend.integrations.files import folder_storage  # noqa: PLC0415  # see the class

    return folder_storage.FolderStorage(LocalStore(folder))
