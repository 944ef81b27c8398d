"""Files in a folder, on obstore."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from obstore.store import LocalStore

from backend.integrations.files.object_storage import ObjectStorage, our_errors

_LEFTOVER = "#"


class FolderStorage(ObjectStorage):
    """A folder. Also lists and deletes `key#1`, the rest of a write that was killed."""

    def __init__(self, store: LocalStore) -> None:
        super().__init__(store)
        self._folder = Path(store.prefix or "/")

    async def put(self, key: str, content: BinaryIO) -> None:
        await super().put(key, content)
        with our_errors():
            # The row follows, and is durable once committed: so must this be.
            await asyncio.to_thread(self._sync, self._folder / key)

    async def delete(self, keys: Sequence[str]) -> None:
        await super().delete([key for key in keys if _LEFTOVER not in key])
        leftovers = [key for key in keys if _LEFTOVER in key]
        with our_errors():
            await asyncio.to_thread(self._unlink, leftovers)

    async def older_than(self, moment: datetime) -> AsyncIterator[list[str]]:
        async for keys in super().older_than(moment):
            yield keys
        with our_errors():
            leftovers = await asyncio.to_thread(self._leftovers, moment.timestamp())
        if leftovers:
            yield leftovers

    def _sync(self, path: Path) -> None:
        for each in (path, path.parent):
            descriptor = os.open(each, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def _unlink(self, keys: Sequence[str]) -> None:
        for key in keys:
            (self._folder / key).unlink(missing_ok=True)

    def _leftovers(self, moment: float) -> list[str]:
        found = []
        for path in self._folder.rglob(f"*{_LEFTOVER}*"):
            with suppress(FileNotFoundError):  # It is just being completed.
                if path.stat().st_mtime < moment:
                    found.append(path.relative_to(self._folder).as_posix())
        return found
