"""Spreadsheets: CSV, and XLSX on openpyxl."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from backend.integrations.sheets_csv import csv_rows
from backend.integrations.sheets_xlsx import xlsx_rows
from backend.services.sheets import CSV, MOST_CELL_CHARACTERS, MOST_ROWS, XLSX, Cell, SheetError

_READERS = {CSV: csv_rows, XLSX: xlsx_rows}
_LAST_ROW = 1_048_576
"""Of XLSX. Blank rows count here, as a file may claim to have any number of them."""


@contextmanager
def read_sheet(
    path: Path, media_type: str, most_columns: int
) -> Iterator[Iterator[Sequence[Cell]]]:
    """A `SheetReader`."""
    with _READERS[media_type](path) as rows:
        yield _bounded(rows, most_columns)


def _bounded(rows: Iterator[Sequence[Cell]], most_columns: int) -> Iterator[Sequence[Cell]]:
    filled = 0
    for number, row in enumerate(rows, start=1):
        filled += any(cell not in (None, "") for cell in row)
        if filled > MOST_ROWS + 1 or number > _LAST_ROW:
            raise SheetError(f"There are more than {MOST_ROWS:,} rows: split the file.")
        if any(cell not in (None, "") for cell in row[most_columns:]):
            raise SheetError(f"Row {number:,} has more than {most_columns} columns: remove some.")
        _check_lengths(number, row)
        # Blank cells behind take memory as well.
        yield row[:most_columns]


def _check_lengths(number: int, row: Sequence[Cell]) -> None:
    for place, cell in enumerate(row, start=1):
        if isinstance(cell, str) and len(cell) > MOST_CELL_CHARACTERS:
            raise SheetError(
                f"The cell in row {number:,}, column {place} has more than "
                f"{MOST_CELL_CHARACTERS:,} characters: shorten it."
            )
