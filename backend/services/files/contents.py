"""The contents of files, which the storage has under their ids.

A content is stored before its row is committed, and deleted after the row: a failure in between
leaves a content without a row, which `remove_orphans` deletes.
"""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import BinaryIO
from uuid import UUID

from backend.core.errors import NotFoundError, UnavailableError
from backend.core.logging import get_logger
from backend.core.scopes import SYSTEM
from backend.models.files.files import File
from backend.models.platform.mixins import now
from backend.repositories.files.unit import FilesUnits
from backend.services.files.storage import (
    FileStorage,
    StorageUnavailableError,
    StoredFileMissingError,
)

_log = get_logger(__name__)


class FileContents:
    """Knows nothing of rights: whoever asks has looked at the rows."""

    def __init__(self, uow: FilesUnits, storage: FileStorage) -> None:
        self._uow = uow
        self._storage = storage

    async def put(self, file: File, content: BinaryIO) -> None:
        """Store the content of a file. Raises UnavailableError."""
        async with _storage_answers():
            await self._storage.put(file.storage_key, content)

    async def read(self, file: File, start: int, end: int) -> AsyncIterator[bytes]:
        """Yield the bytes from `start` up to but excluding `end`.

        Raises:
            NotFoundError: the content is gone.
            UnavailableError: the storage does not answer.
        """
        try:
            async with _storage_answers():
                if (start, end) == (0, file.size):
                    return await self._storage.read(file.storage_key)
                return await self._storage.read(file.storage_key, start, end)
        except StoredFileMissingError:
            _log.error("file_content_missing", file_id=str(file.id))  # no trace
            raise NotFoundError("The content of this file is gone.") from None

    async def discard(self, file_ids: Collection[UUID]) -> None:
        """Delete contents whose rows are gone. If the storage does not answer, they stay."""
        ids = [str(file_id) for file_id in file_ids]
        if not ids:
            return
        try:
            await self._storage.delete(ids)
        except StorageUnavailableError as error:
            _log.warning("file_contents_left", file_ids=ids, error=str(error.__cause__))

    async def remove_orphans(self, older_than: timedelta) -> int:
        """Delete contents without a row; returns how many.

        Younger ones may belong to an upload that is not committed yet. Files with other names are
        left alone: the folder may contain other things.
        """
        removed = 0
        async for keys in self._storage.older_than(now() - older_than):
            ours = {key: file_id for key in keys if (file_id := _id_of(key))}
            async with self._uow.reading(SYSTEM) as uow:
                known = await uow.files.known(set(ours.values()))
            orphans = [
                key for key, file_id in ours.items() if key != str(file_id) or file_id not in known
            ]
            await self._storage.delete(orphans)
            removed += len(orphans)
        return removed


def _id_of(key: str) -> UUID | None:
    """Return the id in a key, also of a broken write (`id#1`); None for other keys.

    Another form of an id, such as that of a hash, is not one of ours.
    """
    name = key.partition("#")[0]
    try:
        file_id = UUID(name)
    except ValueError:
        return None
    return file_id if name == str(file_id) else None


@asynccontextmanager
async def _storage_answers() -> AsyncIterator[None]:
    try:
        yield
    except StorageUnavailableError as error:
        _log.error("storage_error", error=str(error.__cause__))  # no trace
        raise UnavailableError("The storage of files does not answer.") from error
