"""Reading XLSX, which may say of itself whatever it likes.

A few kilobytes of it unpack to as many megabytes, and as a tree take many times that. So each part
is a stream, of which nothing is held but shared texts, the kinds of formats and a row: see
`sheets_xml.py`.
"""

import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from xml.parsers.expat import ExpatError
from zipfile import BadZipFile

from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH

from backend.integrations.sheets_package import Package, open_package
from backend.integrations.sheets_strings import StringsReader
from backend.integrations.sheets_styles import StylesReader
from backend.integrations.sheets_worksheet import Book, SheetRow, WorksheetReader
from backend.integrations.sheets_xml import read_whole
from backend.services.sheets import Cell, SheetError

# What these libraries and we raise for files that are not as they should be.
_BROKEN = (
    ArithmeticError,
    BadZipFile,
    EOFError,
    ExpatError,
    LookupError,
    OSError,
    RuntimeError,
    ValueError,
    zlib.error,
)


@contextmanager
def xlsx_rows(path: Path) -> Iterator[Iterator[Sequence[Cell]]]:
    with ExitStack() as stack:
        with _our_errors():
            package = stack.enter_context(open_package(path))
            book = _book(package)
        yield _rows(package, book)


def _book(package: Package) -> Book:
    strings, styles = StringsReader(), StylesReader()
    for reader, name in ((strings, package.strings), (styles, package.styles)):
        if name is not None:
            with package.open(name) as source:
                read_whole(reader, source)
    epoch = MAC_EPOCH if package.is_from_1904 else WINDOWS_EPOCH
    return Book(strings.texts, styles.styles, epoch)


def _rows(package: Package, book: Book) -> Iterator[Sequence[Cell]]:
    """With the blank ones between them."""
    number = 0
    for row in _rows_with_cells(package, book):
        for _ in range(number + 1, row.number):
            yield ()
        number = row.number
        cells = row.cells
        yield [cells.get(column) for column in range(1, max(cells, default=0) + 1)]


def _rows_with_cells(package: Package, book: Book) -> Iterator[SheetRow]:
    reader = WorksheetReader(book)
    with _our_errors(), package.open(package.sheet) as source:
        for _ in reader.read(source):
            yield from reader.rows
            reader.rows.clear()


@contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        raise SheetError(
            "The file can't be read as XLSX: save it anew in a spreadsheet program, or as CSV."
        ) from error
