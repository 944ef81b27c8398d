"""Cells that are merged over several rows: each of these rows gets the value that people see."""

from collections.abc import Iterable

from backend.integrations.exchange.sheets_table import Merge
from backend.services.exchange.protocols import Cell, SheetRow

_BLANK = (None, "")


class FilledDown:
    def __init__(self, merges: Iterable[Merge]) -> None:
        self._coming = sorted(merges, reverse=True)
        self._open: dict[int, tuple[int, Cell]] = {}

    def fill(self, row: SheetRow) -> SheetRow:
        """To be called with the rows in their order. A blank one stays blank."""
        is_begun = self._coming and self._coming[-1].top <= row.number
        if not (self._open or is_begun) or all(cell in _BLANK for cell in row.cells):
            return row
        cells = list(row.cells)
        for column, (bottom, value) in list(self._open.items()):
            if bottom < row.number:
                del self._open[column]
                continue
            cells += [None] * (column - len(cells))
            if cells[column - 1] in _BLANK:
                cells[column - 1] = value
        while self._coming and self._coming[-1].top <= row.number:
            top, bottom, column = self._coming.pop()
            if top == row.number and column <= len(cells):
                self._open[column] = (bottom, cells[column - 1])
        return SheetRow(row.number, cells)
