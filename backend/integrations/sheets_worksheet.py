"""The rows of a worksheet of an XLSX file."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from openpyxl.utils.cell import column_index_from_string
from openpyxl.utils.datetime import from_excel, from_ISO8601

from backend.integrations.sheets_escapes import unescaped
from backend.integrations.sheets_strings import is_text_of
from backend.integrations.sheets_styles import Style
from backend.integrations.sheets_xml import XmlReader
from backend.services.sheets import Cell

_SHEET = ["worksheet", "sheetData"]
_ROW = [*_SHEET, "row"]
_CELL = [*_ROW, "c"]
_VALUE = [*_CELL, "v"]
_INLINE = [*_CELL, "is"]
_OF_FRACTIONS = frozenset(".Ee")


class Book(NamedTuple):
    """What cells refer to."""

    texts: Sequence[str]
    styles: Sequence[Style]
    epoch: datetime


class SheetRow(NamedTuple):
    """Cells that are not blank, by column; both count from 1."""

    number: int
    cells: dict[int, Cell]


class WorksheetReader(XmlReader):
    """
    Attributes:
        rows: those that have ended; whoever reads takes them out.
    """

    def __init__(self, book: Book) -> None:
        super().__init__()
        self.rows: list[SheetRow] = []
        self._book = book
        self._number = self._column = 0
        self._cells: dict[int, Cell] = {}
        self._type, self._style = "n", Style.PLAIN
        self._texts: list[str] = []

    def begin(self, attributes: Mapping[str, str]) -> bool:
        match len(self.path):
            case 3 if self.path == _ROW:
                self._begin_row(attributes)
            case 4 if self.path == _CELL:
                self._begin_cell(attributes)
            case 5 if self._type != "inlineStr":
                return self.path == _VALUE
            case 6 | 7 if self._type == "inlineStr":
                return is_text_of(_INLINE, self.path)
        return False

    def end(self, text: str) -> None:
        if text:
            self._texts.append(text)
        match len(self.path):
            case 4 if self._texts:
                self._cells[self._column] = self._value("".join(self._texts))
                self._texts = []
            case 3 if self.path == _ROW:
                self.rows.append(SheetRow(self._number, self._cells))
                self._cells, self.characters = {}, 0
            case 2 if self.path == _SHEET:
                self.is_finished = True

    def _begin_row(self, attributes: Mapping[str, str]) -> None:
        # Some programs write 1.0.
        number = int(float(attributes.get("r", self._number + 1)))
        if number <= self._number:
            raise ValueError(number)
        self._number, self._column = number, 0

    def _begin_cell(self, attributes: Mapping[str, str]) -> None:
        place = attributes.get("r")
        letters = place.rstrip("0123456789") if place else ""
        self._column = column_index_from_string(letters) if letters else self._column + 1
        self._type = attributes.get("t", "n")
        style = int(attributes.get("s", 0))
        styles = self._book.styles
        self._style = styles[style] if 0 <= style < len(styles) else Style.PLAIN

    def _value(self, text: str) -> Cell:
        match self._type:
            case "n":
                return self._number_or_moment(text)
            case "s":
                return self._book.texts[int(text)]
            case "b":
                return text in {"1", "true"}
            case "d":
                moment: Cell = from_ISO8601(text)  # type: ignore[no-untyped-call]
                return moment
        return unescaped(text)

    def _number_or_moment(self, text: str) -> Cell:
        number = int(text) if _OF_FRACTIONS.isdisjoint(text) else float(text)
        if self._style is Style.PLAIN:
            return number
        try:
            is_duration = self._style is Style.DURATION
            moment: Cell = from_excel(number, self._book.epoch, timedelta=is_duration)
        except (OverflowError, ValueError):
            return "#VALUE!"  # As spreadsheets say it.
        return moment
