"""Reading XLSX on openpyxl, which trusts what it is given; this does not."""

import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from backend.integrations.sheets_escapes import unescaped
from backend.services.sheets import Cell, SheetError

_MIB = 1024 * 1024
_MOST_UNPACKED = 1024 * _MIB
# These are read as a whole, and take several times as much memory.
_MOST_TEXTS = 64 * _MIB
_MOST_OF_OTHERS = 8 * _MIB
_SHEETS = "xl/worksheets/"
_TEXTS = "xl/sharedStrings.xml"

# What openpyxl and the library below it raise for files that are not as they should be.
_BROKEN = (
    BadZipFile,
    InvalidFileException,
    ParseError,
    zlib.error,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)


@contextmanager
def xlsx_rows(path: Path) -> Iterator[Iterator[Sequence[Cell]]]:
    # As a file, because of a path it wants to see the suffix.
    with path.open("rb") as file:
        with _our_errors():
            _check_sizes(path)
            workbook = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        if not workbook.worksheets:
            raise SheetError("There is no sheet with cells: put the table into the first one.")
        yield _rows(workbook.worksheets[0])


def _rows(sheet: Any) -> Iterator[Sequence[Cell]]:
    with _our_errors():
        # What the file says of its size may be wrong, and rows would be cut.
        sheet.reset_dimensions()
        for row in sheet.iter_rows(values_only=True):
            yield [unescaped(cell) if isinstance(cell, str) else cell for cell in row]


def _check_sizes(path: Path) -> None:
    """Nothing unpacks to more than it says here: the library stops there."""
    with ZipFile(path) as archive:
        sizes = {each.filename: each.file_size for each in archive.infolist()}
    others = (size for name, size in sizes.items() if not name.startswith((_SHEETS, _TEXTS)))
    if (
        sum(sizes.values()) > _MOST_UNPACKED
        or sizes.get(_TEXTS, 0) > _MOST_TEXTS
        or max(others, default=0) > _MOST_OF_OTHERS
    ):
        raise SheetError("The file is too large when it is unpacked: split it, or send CSV.")


@contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        raise SheetError(
            "The file can't be read as XLSX: save it anew in a spreadsheet program, or as CSV."
        ) from error
