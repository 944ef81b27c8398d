import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile

from backend.core.errors import NotFoundError
from backend.core.permissions import Principal
from backend.models.exchange.account_exports import (
    ACCOUNT_EXPORT,
    AccountExportInputs,
    AccountExportResult,
)
from backend.models.files.files import File
from backend.models.platform.mixins import now
from backend.repositories.exchange.unit import ExchangeUnits
from backend.services.background.kinds import ExecutionContext
from backend.services.files.files import FileService
from backend.services.platform.blocking import in_thread

_BATCH = 500
_FILES = "files"


class AccountExportKind:
    """Writes what is personal of somebody into a private ZIP: a JSON file for each kind of rows.

    Memory holds a batch of rows, or a piece of a file. Like exports of lists, the ZIP has the id of
    the execution, so that an interrupted attempt leaves none behind.
    """

    def __init__(self, uow: ExchangeUnits, files: FileService) -> None:
        self._uow = uow
        self._files = files

    async def check(self, inputs: AccountExportInputs, by: Principal) -> None:
        """Raises PermissionDeniedError if the caller uses an API key."""
        by.require_in_person()

    async def run(
        self, inputs: AccountExportInputs, run: ExecutionContext, found: None = None
    ) -> AccountExportResult:
        """Raises UnavailableError if the storage of files does not answer."""

        async def writing() -> dict[str, Any]:
            return await self._write(run, with_files=inputs.files)

        done = await run.step("file", writing)
        return AccountExportResult(file_id=run.id, **done)

    async def _write(self, run: ExecutionContext, *, with_files: bool) -> dict[str, int]:
        with TemporaryDirectory(prefix="mvp-account-") as folder:
            path = Path(folder, "account.zip")
            async with _archive_at(path) as archive:
                rows = await self._add_rows(archive, run)
                files = await self._add_files(archive, run) if with_files else 0
            content = await in_thread(path.open, "rb")
            try:
                name = f"account {now():%Y-%m-%d}.zip"
                await self._files.keep(run.id, name, content, await run.owner(), is_limited=False)
            finally:
                await in_thread(content.close)
        return {"rows": rows, "files": files}

    async def _add_rows(self, archive: ZipFile, run: ExecutionContext) -> int:
        """Return how many there are."""
        count = 0
        async with self._uow.reading(run.by) as uow:
            kinds = uow.personal_data.kinds
        for kind in kinds:
            written = 0
            async with _entry_in(archive, f"{kind}.json") as entry:
                async for rows in self._batches(kind, run):
                    await in_thread(entry.write, _lines(rows, is_first=not written))
                    written += len(rows)
                    await run.progress(count + written, None, "Writing rows")
                await in_thread(entry.write, b"\n]\n" if written else b"[]\n")
            count += written
        return count

    async def _batches(self, kind: str, run: ExecutionContext) -> AsyncIterator[Sequence[str]]:
        after: Sequence[object] | None = None
        while True:
            by = await run.owner()
            async with self._uow.reading(by) as uow:
                found = await uow.personal_data.some(kind, by.user_id, after, _BATCH)
            if found.rows:
                yield found.rows
            if found.last is None:
                return
            after = found.last

    async def _add_files(self, archive: ZipFile, run: ExecutionContext) -> int:
        """Return how many there are."""
        count = 0
        async for rows in self._batches(_FILES, run):
            ids = [UUID(json.loads(row)["id"]) for row in rows]
            for file in await self._uploaded(ids, run.by):
                await run.owner()
                count += await self._add_file(archive, file)
                await run.progress(count, None, "Adding files")
        return count

    async def _add_file(self, archive: ZipFile, file: File) -> bool:
        """Return whether its content was there: it may be deleted while the others are added."""
        try:
            content = await self._files.content(file, 0, file.size)
        except NotFoundError:
            return False
        async with _entry_in(archive, f"files/{file.id} {file.name}") as entry:
            async for piece in content:
                await in_thread(entry.write, piece)
        return True

    async def _uploaded(self, ids: Sequence[UUID], by: Principal) -> list[File]:
        """Return the files, but not earlier exports, which would contain each other."""
        async with self._uow.reading(by) as uow:
            files = await uow.files.find_many(ids)
            made = await uow.executions.find_many(ids)
        exports = {each.id for each in made if each.kind == ACCOUNT_EXPORT}
        return [file for file in files if file.id not in exports]


async def account_export_name(_: AccountExportInputs, __: None, ___: Principal) -> str:
    return "Export of your account"


def _lines(rows: Sequence[str], *, is_first: bool) -> bytes:
    """The next elements of a JSON array, one a line."""
    return (("[\n" if is_first else ",\n") + ",\n".join(rows)).encode()


@asynccontextmanager
async def _archive_at(path: Path) -> AsyncIterator[ZipFile]:
    archive = await in_thread(ZipFile, path, "w", ZIP_DEFLATED)
    try:
        yield archive
    finally:
        await in_thread(archive.close)


@asynccontextmanager
async def _entry_in(archive: ZipFile, name: str) -> AsyncIterator[IO[bytes]]:
    entry = await in_thread(archive.open, name, "w", force_zip64=True)
    try:
        yield entry
    finally:
        await in_thread(entry.close)
