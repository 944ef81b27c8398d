"""A folder of files whose library is loaded with the first access."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from backend.core.on_demand import OnDemand
from backend.services.files.storage import FileStorage

if TYPE_CHECKING:
    from backend.integrations.files.folder_storage import FolderStorage


class FolderOnDemand(FileStorage):
    """Like `FolderStorage`, for processes that never access a file: most workers and commands."""

    def __init__(self, folder: Path) -> None:
        """The folder already exists."""
        self._storage = OnDemand(lambda: _open(folder))

    async def put(self, key: str, content: BinaryIO) -> None:
        await (await self._storage.get()).put(key, content)

    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        return await (await self._storage.get()).read(key, start, end)

    async def delete(self, keys: Sequence[str]) -> None:
        await (await self._storage.get()).delete(keys)

    async def older_than(self, moment: datetime) -> AsyncIterator[list[str]]:
        async for keys in (await self._storage.get()).older_than(moment):
            yield keys


def _open(folder: Path) -> "FolderStorage":
    from obstore.store import LocalStore  # noqa: PLC0415  # see the class

    from backend.integrations.files import folder_storage  # noqa: PLC0415  # see the class

    return folder_storage.FolderStorage(LocalStore(folder))
