from pathlib import Path
from tempfile import TemporaryDirectory

from backend.core.errors import InvalidInputError, NotFoundError
from backend.core.permissions import Permission, Principal
from backend.models.exchange.imports import ImportInputs, ImportResult
from backend.models.files.files import File
from backend.repositories.exchange.unit import ExchangeUnits
from backend.services.background.kinds import ExecutionContext
from backend.services.exchange.imports.headers import BadHeadersError
from backend.services.exchange.imports.passes import ImportPasses, Spools
from backend.services.exchange.imports.reading import RowsRead, read_rows
from backend.services.exchange.imports.resources import RESOURCES
from backend.services.exchange.imports.spool import Spool
from backend.services.exchange.imports.tally import Tally
from backend.services.exchange.imports.writing import Batch
from backend.services.exchange.protocols import CSV, XLSX, SheetError, SheetReader
from backend.services.files.files import FileService
from backend.services.platform.blocking import in_thread, iterated


class ImportKind:
    """Writes the rows of an uploaded file, by the rules of the API.

    A row with an id, or with the key of its resource (the SKU, the e-mail address), changes the
    existing row; any other row is new. Fields without a column stay unchanged.
    """

    def __init__(self, uow: ExchangeUnits, files: FileService, reader: SheetReader) -> None:
        self._uow = uow
        self._files = files
        self._reader = reader

    async def check(self, inputs: ImportInputs, by: Principal) -> File:
        """Returns the file.

        Raises:
            PermissionDeniedError: the person may not write the resource, or their API key is
                narrowed and does not reach files.
            InvalidInputError: the person may not read such a file, or it has another type.
        """
        by.require(RESOURCES[inputs.resource].permission)
        by.require_own(Permission.FILES_READ)
        try:
            file = await self._files.read(inputs.file_id, by)
        except NotFoundError as error:
            raise InvalidInputError("file_id", error.detail, "unknown_reference") from None
        if file.media_type not in (CSV, XLSX):
            raise InvalidInputError(
                "file_id",
                f"The file is of the type {file.media_type}: upload it as CSV (with a name that "
                "ends in .csv) or as XLSX.",
                "unsupported_type",
            )
        return file

    async def run(self, inputs: ImportInputs, run: ExecutionContext, file: File) -> ImportResult:
        """
        Raises:
            NotFoundError: the content of the file is gone.
            InvalidInputError: it can't be read as a table.
            ConflictError, TryAgainError: somebody else has changed or locked the same rows
                meanwhile; nothing is written, or, without `all_or_nothing`, not everything.
        """
        with TemporaryDirectory(prefix="mvp-import-") as folder:
            path = Path(folder, "content")
            spools = Spools(Spool(Path(folder, "rows")), Spool(Path(folder, "plans")))
            await self._fetch(file, path)
            try:
                read = await self._read(file, path, inputs, spools.read, run)
            except SheetError as error:
                raise InvalidInputError("file_id", str(error), "unreadable_file") from error
            except BadHeadersError as error:
                return _refused(inputs, error)
            tally = await ImportPasses(self._uow, inputs, read, spools, run).run()
        tally.add(read.tally)
        return _result(inputs, read.rows, read.headers.ignored, tally)

    async def _fetch(self, file: File, path: Path) -> None:
        """Copy the file to disk, so that the storage is not kept open while rows are written."""
        copy = await in_thread(path.open, "wb")
        try:
            async for chunk in await self._files.content(file, 0, file.size):
                await in_thread(copy.write, chunk)
        finally:
            await in_thread(copy.close)

    async def _read(
        self,
        file: File,
        path: Path,
        inputs: ImportInputs,
        spool: Spool[Batch],
        run: ExecutionContext,
    ) -> RowsRead:
        source = read_rows(self._reader, path, file.media_type, inputs, spool)
        read: RowsRead | None = None
        async with iterated(source) as parts:
            async for read in parts:
                await run.progress(read.rows if read else 0, None, "Reading the file")
        assert read is not None  # noqa: S101  # the last one is where the file ends
        return read


def _refused(inputs: ImportInputs, error: BadHeadersError) -> ImportResult:
    tally = Tally(errors=error.errors, error_count=len(error.errors))
    return _result(inputs, 0, [], tally)


def _result(
    inputs: ImportInputs, rows: int, ignored_columns: list[str], tally: Tally
) -> ImportResult:
    is_refused = inputs.all_or_nothing and tally.failed > 0
    return ImportResult(
        dry_run=inputs.dry_run,
        rows=rows,
        created=0 if is_refused else tally.created,
        updated=0 if is_refused else tally.updated,
        unchanged=tally.unchanged,
        failed=tally.failed,
        skipped=rows - tally.unchanged - tally.failed if is_refused else 0,
        errors=tally.errors,
        error_count=tally.error_count,
        ignored_columns=ignored_columns,
    )


async def import_name(inputs: ImportInputs, file: File, _: Principal) -> str:
    """Such as `Import of customers from people.csv`."""
    return f"Import of {inputs.resource} from {file.name}"
