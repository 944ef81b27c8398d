import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from pydantic import BaseModel

from backend.core.errors import InvalidInputError, TooLargeError
from backend.core.permissions import Permission, Principal
from backend.models.exchange.exports import ExportInputs, ExportResult, ListExport
from backend.models.exchange.sheets import (
    ColumnPath,
    SheetResource,
    columns_of,
    harmless,
    header_of,
    value_in,
)
from backend.models.platform.mixins import now
from backend.models.platform.paging import Page
from backend.models.sales.customers import CustomerListed
from backend.models.sales.leads import LeadPublic
from backend.models.sales.products import ProductPublic
from backend.models.tasks.tasks import TaskPublic
from backend.services.background.kinds import ExecutionContext
from backend.services.exchange.protocols import MAX_ROWS, Cell, OpenSheetWriter
from backend.services.files.files import FileService
from backend.services.platform.all_pages import all_pages
from backend.services.platform.blocking import in_thread
from backend.services.sales.customers import CustomerService
from backend.services.sales.leads import LeadService
from backend.services.sales.products import ProductService
from backend.services.tasks.tasks import TaskService


class ExportedList(NamedTuple):
    """
    Attributes:
        shown: the response model of the list; its fields are the columns.
    """

    permission: Permission
    shown: type[BaseModel]
    page: Callable[[Any, Principal], Awaitable[Page[Any]]]


def exported_lists(
    customers: CustomerService, leads: LeadService, products: ProductService, tasks: TaskService
) -> Mapping[SheetResource, ExportedList]:
    return {
        SheetResource.CUSTOMERS: ExportedList(
            Permission.CUSTOMERS_READ, CustomerListed, customers.page_with_counts
        ),
        SheetResource.LEADS: ExportedList(Permission.LEADS_READ, LeadPublic, leads.page),
        SheetResource.PRODUCTS: ExportedList(
            Permission.PRODUCTS_READ, ProductPublic, products.page
        ),
        SheetResource.TASKS: ExportedList(Permission.TASKS_READ, TaskPublic, tasks.page),
    }


class ExportKind:
    """Writes the rows of a list into a private XLSX file of the person.

    The file has the id of the execution, so that an interrupted attempt leaves none behind.
    """

    def __init__(
        self,
        lists: Mapping[SheetResource, ExportedList],
        files: FileService,
        open_writer: OpenSheetWriter,
    ) -> None:
        self._lists = lists
        self._files = files
        self._open_writer = open_writer

    async def check(self, inputs: ExportInputs, by: Principal) -> None:
        """
        Raises:
            PermissionDeniedError: the person may not read the list, or their API key is narrowed
                and would not reach the file.
            InvalidInputError: it does not have a column.
        """
        wanted = inputs.root
        exported = self._lists[wanted.resource]
        by.require(exported.permission)
        by.require_own(Permission.FILES_READ)
        _columns(wanted, exported.shown)

    async def run(
        self, inputs: ExportInputs, run: ExecutionContext, found: None = None
    ) -> ExportResult:
        """Raises TooLargeError if a sheet or a file can't hold all rows."""

        async def writing() -> dict[str, Any]:
            return {"rows": await self._write(inputs.root, run)}

        done = await run.step("file", writing)
        return ExportResult(file_id=run.id, rows=done["rows"])

    async def _write(self, wanted: ListExport, run: ExecutionContext) -> int:
        with TemporaryDirectory(prefix="mvp-export-") as folder:
            path = Path(folder, "sheet.xlsx")
            rows = await self._fill(path, wanted, run)
            name = f"{wanted.resource} {now():%Y-%m-%d}.xlsx"
            content = await in_thread(path.open, "rb")
            try:
                await self._files.keep(run.id, name, content, await run.owner())
            finally:
                await in_thread(content.close)
        return rows

    async def _fill(self, path: Path, wanted: ListExport, run: ExecutionContext) -> int:
        exported = self._lists[wanted.resource]
        columns = _columns(wanted, exported.shown)
        count = 0
        with ExitStack() as stack:
            opened = self._open_writer(path, str(wanted.resource))
            writer = await in_thread(stack.enter_context, opened)
            await in_thread(writer.add, [[header_of(column) for column in columns]])
            async for rows in all_pages(exported.page, wanted.filters, run.owner):
                count += len(rows)
                if count > MAX_ROWS:
                    raise TooLargeError(f"A sheet holds {MAX_ROWS:,} rows: narrow the filters.")
                cells = await in_thread(_cells, rows, exported.shown, columns)
                await in_thread(writer.add, cells)
                await run.progress(count, None, "Writing rows")
            await in_thread(writer.finish)
        return count


def _columns(wanted: ListExport, shown: type[BaseModel]) -> list[ColumnPath]:
    """Raises InvalidInputError."""
    known = {header_of(column): column for column in columns_of(shown)}
    names = wanted.columns or list(known)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InvalidInputError(
            "columns",
            f"There is no column {' or '.join(unknown)}: choose from {', '.join(known)}.",
        )
    return [known[name] for name in names]


def _cells(
    rows: Sequence[Any], shown: type[BaseModel], columns: Sequence[ColumnPath]
) -> list[list[Cell]]:
    dumped = [shown.model_validate(row, from_attributes=True).model_dump() for row in rows]
    return [[_cell(value_in(row, column)) for column in columns] for row in dumped]


def _cell(value: Any) -> Cell:
    if value is None or isinstance(value, bool | int | Decimal | datetime):
        return value
    if isinstance(value, list):
        return json.dumps(value, default=str, ensure_ascii=False)
    return harmless(str(value))


async def export_name(inputs: ExportInputs, _: None, __: Principal) -> str:
    """Such as `Export of customers`."""
    return f"Export of {inputs.root.resource}"
