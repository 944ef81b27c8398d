"""CSV: UTF-8, with commas or semicolons."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TextIO

from backend.services.sheets import Cell, SheetError

_LONGEST_ROW = 2_000_000


@contextmanager
def csv_rows(path: Path) -> Iterator[Iterator[Sequence[Cell]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield _rows(file)


def _rows(file: TextIO) -> Iterator[Sequence[Cell]]:
    lines = _Lines(file)
    first = next(lines, "")
    delimiter = ";" if first.count(";") > first.count(",") else ","
    rows = csv.reader(chain([first], lines), delimiter=delimiter, strict=True)
    try:
        for row in rows:
            lines.characters = 0
            yield row
    except csv.Error as error:
        raise SheetError(
            f"Line {rows.line_num} is no CSV ({error}): put texts that have quotes, commas or "
            "line breaks in them into quotes, and double the quotes within."
        ) from None


class _Lines:
    """The lines of a file, none of which fills the memory; nor do those of a row.

    Attributes:
        characters: so many were read; whoever has made a row of them sets it to 0.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.characters = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        try:
            line = self._file.readline(_LONGEST_ROW)
        except UnicodeDecodeError:
            raise SheetError('The file is not UTF-8: save it as "CSV UTF-8", or as XLSX.') from None
        if not line:
            raise StopIteration
        self.characters += len(line)
        if self.characters >= _LONGEST_ROW:
            raise SheetError(
                f"A row has more than {_LONGEST_ROW:,} characters: shorten it, and look whether a "
                "quote is missing."
            )
        return line
