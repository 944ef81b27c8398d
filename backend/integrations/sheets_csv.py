"""CSV: UTF-8, with commas or semicolons."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TextIO

from backend.services.sheets import Cell, SheetError

_LONGEST_LINE = 2_000_000


@contextmanager
def csv_rows(path: Path) -> Iterator[Iterator[Sequence[Cell]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield _rows(file)


def _rows(file: TextIO) -> Iterator[Sequence[Cell]]:
    lines = _lines(file)
    first = next(lines, "")
    delimiter = ";" if first.count(";") > first.count(",") else ","
    rows = csv.reader(chain([first], lines), delimiter=delimiter, strict=True)
    try:
        yield from rows
    except csv.Error as error:
        raise SheetError(
            f"Line {rows.line_num} is no CSV ({error}): put texts that have quotes, commas or "
            "line breaks in them into quotes, and double the quotes within."
        ) from None


def _lines(file: TextIO) -> Iterator[str]:
    """The lines, none of which fills the memory."""
    try:
        while line := file.readline(_LONGEST_LINE):
            if len(line) == _LONGEST_LINE:
                raise SheetError(f"A line has more than {_LONGEST_LINE:,} characters: split it.")
            yield line
    except UnicodeDecodeError:
        raise SheetError('The file is not UTF-8: save it as "CSV UTF-8", or as XLSX.') from None
