"""The process that reads one XLSX file: `python -m backend.integrations.exchange.sheets_process`.

Its resources are bounded. The rows are sent to the parent as JSON, one message per batch: see
`sheets_messages.py`.
"""

import os
import resource
import sys
import xml.etree.ElementTree as ET
import zlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, time
from errno import EDQUOT, EFBIG, ENOSPC
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryFile
from threading import Thread
from typing import Any
from uuid import uuid4
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from python_calamine import CalamineError, CalamineWorkbook

from backend.integrations.exchange.sheets_bounds import batches_of
from backend.integrations.exchange.sheets_merges import FilledDown
from backend.integrations.exchange.sheets_messages import (
    BROKEN,
    END,
    NO_ROOM,
    TOO_LARGE,
    as_message,
)
from backend.integrations.exchange.sheets_package import MAX_BYTES, find_table
from backend.integrations.exchange.sheets_table import TableCopy
from backend.services.exchange.protocols import Cell, CellFault, SheetError, SheetRow

MAX_MEMORY = 512 * 1024 * 1024
MAX_SECONDS = 300
# The errors of these libraries and ours for invalid files.
_ERRORS = (
    ArithmeticError,
    BadZipFile,
    CalamineError,
    EOFError,
    ET.ParseError,
    LookupError,
    MemoryError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    zlib.error,
)
_DIGITS = ".15g"
"""Of what a spreadsheet shows of a number; the rest is noise of calculating in binary."""


def main() -> None:
    _limit()
    Thread(target=_end_with_parent, daemon=True).start()
    path, max_columns = Path(sys.argv[1]), int(sys.argv[2])
    with Connection(sys.stdout.fileno(), readable=False) as parent:
        try:
            for batch in batches_of(_rows(path, max_columns), max_columns):
                parent.send_bytes(as_message(batch))
            parent.send_bytes(END)
        except (SheetError, *_ERRORS) as error:
            parent.send_bytes(as_message(_refusal(error)))


def _refusal(error: Exception) -> str:
    match error:
        case SheetError():
            return str(error)
        case OSError(errno=code) if code in (ENOSPC, EDQUOT):
            sys.exit(NO_ROOM)
        case OSError(errno=code) if code == EFBIG:
            return TOO_LARGE
        case MemoryError():
            return TOO_LARGE
    return BROKEN


def _limit() -> None:
    for kind, most in (
        (resource.RLIMIT_AS, MAX_MEMORY),
        (resource.RLIMIT_CPU, MAX_SECONDS),
        (resource.RLIMIT_FSIZE, MAX_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        # macOS takes no limit of memory that is below what is mapped already.
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (most if hard < 0 else min(most, hard), hard))


def _end_with_parent() -> None:
    """The parent never writes: its end of the pipe is closed when it dies for any reason."""
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


def _rows(path: Path, max_columns: int) -> Iterator[SheetRow]:
    mark = uuid4().hex
    copy = TableCopy(max_columns, mark)
    # It has no name, so that nothing is left of it.
    with TemporaryFile() as content:
        # Compressed, but fast: otherwise a malicious file could fill the disk.
        with (
            ZipFile(path) as source,
            ZipFile(content, "w", ZIP_DEFLATED, compresslevel=1) as target,
        ):
            copy.write(source, find_table(source), target)
        content.seek(0)
        filled = FilledDown(copy.merges)
        with CalamineWorkbook.from_filelike(content) as workbook:
            for piece in range(copy.pieces):
                for row in workbook.get_sheet_by_index(piece).to_python():
                    number = int(row[0])  # type: ignore[arg-type]  # as it was written
                    cells = [_cell(value, mark) for value in islice(row, 1, None)]
                    while cells and cells[-1] == "":
                        cells.pop()
                    yield filled.fill(SheetRow(number, cells))


def _cell(value: Any, mark: str) -> Cell:
    if isinstance(value, str):
        return CellFault(value[len(mark) :]) if value.startswith(mark) else value
    if isinstance(value, bool):
        return value
    if isinstance(value, float):
        shown = float(format(value, _DIGITS))
        return int(shown) if shown.is_integer() else shown
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time())
    return value.isoformat() if isinstance(value, time) else str(value)


if __name__ == "__main__":
    main()
