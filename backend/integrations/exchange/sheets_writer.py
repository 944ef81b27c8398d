"""Writes XLSX with openpyxl, row by row."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from backend.services.exchange.protocols import Cell

# Characters that XML can't hold, or changes, and what would be taken for the escape of one.
_TO_ESCAPE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_FIRST_YEAR = 1901
"""Before, programs disagree on which day a number stands for."""


class XlsxWriter:
    """A `SheetWriter`. openpyxl is loaded with the first: most processes write none."""

    def __init__(self, path: Path, title: str) -> None:
        from openpyxl import Workbook  # noqa: PLC0415  # see the class

        self._path = path
        self._workbook = Workbook(write_only=True)
        self._sheet = self._workbook.create_sheet(title)
        self._sheet.freeze_panes = "A2"
        self._is_finished = False

    def add(self, rows: Sequence[Sequence[Cell]]) -> None:
        for row in rows:
            self._sheet.append([_cell(value) for value in row])

    def finish(self) -> None:
        self._workbook.save(self._path)
        self._is_finished = True

    def abandon(self) -> None:
        """Remove the rows so far, which openpyxl would leave in a temporary file."""
        if not self._is_finished:
            self._sheet.close()
            self._sheet._writer.cleanup()  # noqa: SLF001  # it has no other way


@contextmanager
def write_xlsx(path: Path, title: str) -> Iterator[XlsxWriter]:
    """An `OpenSheetWriter`."""
    writer = XlsxWriter(path, title)
    try:
        yield writer
    finally:
        writer.abandon()


def _cell(value: Cell) -> Cell:
    if isinstance(value, str):
        return _TO_ESCAPE.sub(lambda found: f"_x{ord(found[0]):04X}_", value)
    if isinstance(value, datetime):
        moment = value.astimezone(UTC)
        # Spreadsheets have no time zones.
        return moment.isoformat() if moment.year < _FIRST_YEAR else moment.replace(tzinfo=None)
    return value
