"""Copies the table of an XLSX file into a plain workbook, which calamine reads without loss.

Of cells whose formula has ended in an error, or was never calculated, calamine says that they are
blank; attributes of an unusual form cost the file; and a cell far away from the others takes memory
for all cells between. So each cell is written anew, with its type and its text; what these mean,
with shared texts and formats, is left to calamine. The sheet comes in pieces, as calamine holds all
of one.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from shutil import copyfileobj
from typing import IO, NamedTuple
from zipfile import ZipFile

from backend.integrations.exchange.sheets_bounds import TOO_MANY_ROWS
from backend.integrations.exchange.sheets_cells import CellCopy, column_of, letters_of
from backend.integrations.exchange.sheets_formats import digits_by_style
from backend.integrations.exchange.sheets_package import TableParts
from backend.services.exchange.protocols import SheetError

PIECE_ROWS = 5_000
_LAST_ROW = 1_048_576
_MERGED = re.compile(r"([A-Z]+)([0-9]+):[A-Z]+([0-9]+)")
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"


class Merge(NamedTuple):
    """Cells that are shown as one: the rows from `top` to `bottom` of a column, from 1."""

    top: int
    bottom: int
    column: int


class TableCopy:
    """
    Attributes:
        pieces: worksheets that were written. Each row has its number before its cells.
        merges: those of several rows.
    """

    def __init__(self, max_columns: int, fault_mark: str) -> None:
        self.pieces = 0
        self.merges: list[Merge] = []
        self._digits: Mapping[str, int] = {}
        self._fault_mark = fault_mark
        # Beyond it a row is refused, wherever the cell is.
        self._last_column = max_columns + 1

    def write(self, source: ZipFile, parts: TableParts, target: ZipFile) -> None:
        """
        Raises:
            SheetError: a row is too far down.
            ElementTree.ParseError, ValueError: the sheet is not as it should be.
        """
        if parts.styles:
            with source.open(parts.styles) as styles:
                self._digits = digits_by_style(styles)
        with source.open(parts.sheet) as sheet:
            rows = self._rows(sheet)
            for first in rows:
                self.pieces += 1
                with target.open(f"xl/worksheets/sheet{self.pieces}.xml", "w") as piece:
                    _write_sheet(piece, chain([first], islice(rows, PIECE_ROWS - 1)))
        for name, info in (("sharedStrings", parts.strings), ("styles", parts.styles)):
            if info:
                with source.open(info) as old, target.open(f"xl/{name}.xml", "w") as new:
                    copyfileobj(old, new)
        self._write_workbook(target, parts)

    def _write_workbook(self, target: ZipFile, parts: TableParts) -> None:
        numbers = range(1, self.pieces + 1)
        sheets = "".join(f'<sheet name="{n}" sheetId="{n}" r:id="r{n}"/>' for n in numbers)
        target.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
            f'<workbookPr date1904="{int(parts.is_from_1904)}"/>'
            f"<sheets>{sheets}</sheets></workbook>",
        )
        related = [("worksheet", f"worksheets/sheet{n}.xml") for n in numbers]
        related += [("sharedStrings", "sharedStrings.xml")] if parts.strings else []
        related += [("styles", "styles.xml")] if parts.styles else []
        target.writestr("xl/_rels/workbook.xml.rels", _relations(related))
        target.writestr("_rels/.rels", _relations([("officeDocument", "xl/workbook.xml")]))

    def _rows(self, sheet: IO[bytes]) -> Iterator[str]:
        """Each with its number in the first cell. Rows without cells are left out."""
        events = ET.iterparse(sheet, ("start", "end"))  # noqa: S314  # this process has limits
        _, root = next(events)
        namespace = root.tag.removesuffix("worksheet")
        copy = CellCopy(namespace, self._digits, self._fault_mark)
        place = 0
        for number, row in self._elements(events, namespace):
            cells = self._row(row, place + 1, copy)
            if cells:
                yield f'<row r="{place + 1}"><c r="A{place + 1}"><v>{number}</v></c>{cells}</row>'
                place = (place + 1) % PIECE_ROWS

    def _elements(
        self, events: Iterable[tuple[str, ET.Element]], namespace: str
    ) -> Iterator[tuple[int, ET.Element]]:
        rows, row, merge = (f"{namespace}{name}" for name in ("sheetData", "row", "mergeCell"))
        parent: ET.Element | None = None
        number = 0
        for event, element in events:
            tag = element.tag
            if event == "start":
                parent = element if tag == rows else parent
            elif tag == row and parent is not None:
                number = _number_of(element, number)
                yield number, element
                parent.clear()
            elif tag == merge:
                self._note_merge(element.get("ref", ""))

    def _row(self, row: ET.Element, place: int, copy: CellCopy) -> str:
        column, copied = 0, []
        for cell in row:
            column = column_of(cell.get("r")) or column + 1
            content = copy.copy(cell)
            if content:
                letters = letters_of(1 + min(column, self._last_column))
                copied.append(f'<c r="{letters}{place}" {content}</c>')
        return "".join(copied)

    def _note_merge(self, cells: str) -> None:
        found = _MERGED.fullmatch(cells)
        column = column_of(found[1]) if found else None
        if found and column and int(found[2]) < int(found[3]):
            self.merges.append(Merge(int(found[2]), int(found[3]), column))


def _number_of(row: ET.Element, before: int) -> int:
    """Raises ValueError or SheetError."""
    text = row.get("r", "")
    # Some programs write 1.0.
    whole, _, rest = text.partition(".")
    number = int(whole) if whole.isdecimal() and not rest.strip("0") else before + 1
    if number <= before:
        raise ValueError(text)
    if number > _LAST_ROW:
        raise SheetError(TOO_MANY_ROWS)
    return number


def _write_sheet(target: IO[bytes], rows: Iterator[str]) -> None:
    target.write(f'<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
    for row in rows:
        target.write(row.encode())
    target.write(b"</sheetData></worksheet>")


def _relations(related: list[tuple[str, str]]) -> str:
    listed = "".join(
        f'<Relationship Id="r{number}" Type="{_OFFICE}/{kind}" Target="{name}"/>'
        for number, (kind, name) in enumerate(related, start=1)
    )
    return f'<Relationships xmlns="{_RELATIONS}">{listed}</Relationships>'
