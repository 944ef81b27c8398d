"""Reads CSV: UTF-8, or UTF-16 with a byte order mark; separated by commas, semicolons, tabs or
bars."""

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TextIO

from backend.integrations.exchange.sheets_bounds import batches_of
from backend.models.platform.characters import MARKS
from backend.services.exchange.protocols import MAX_CELL_CHARACTERS, SheetError, SheetRow

_LONGEST_ROW = 2_000_000
_MAX_HEADER_LINES = 100
# In this order where there are as many of the one as of the other: texts have commas in them.
_DELIMITERS = ";,\t|"
_IN_QUOTES = re.compile(r'"[^"]*"')
_NAMED_DELIMITER = re.compile(r'"?sep=(.|\\t)"?\s*', re.IGNORECASE)
_TEXT_FORMULA = re.compile(r'="((?:[^"]|"")*)"')


@contextmanager
def csv_rows(path: Path, max_columns: int) -> Iterator[Iterator[Sequence[SheetRow]]]:
    with path.open(encoding=_encoding_of(path), newline="") as file:
        yield batches_of(_rows(file), max_columns)


def _encoding_of(path: Path) -> str:
    with path.open("rb") as file:
        is_wide = file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    return "utf-16" if is_wide else "utf-8"


def _rows(file: TextIO) -> Iterator[SheetRow]:
    lines = _Lines(file)
    first = next(lines, "").lstrip(MARKS)
    if named := _NAMED_DELIMITER.fullmatch(first):
        # A directive for spreadsheet programs, which does not count as a row.
        delimiter, head = named[1].replace("\\t", "\t"), [next(lines, "").lstrip(MARKS)]
    else:
        head = [first, *_rest_of_record(first, lines)]
        delimiter = _delimiter_of("".join(head))
    rows = csv.reader(chain(head, lines), delimiter=delimiter, strict=True)
    try:
        for number, row in enumerate(rows, start=1):
            lines.characters = 0
            yield SheetRow(number, [_text(cell) if cell[:2] == '="' else cell for cell in row])
    except csv.Error as error:
        if str(error).startswith("field larger"):
            raise SheetError(
                f"A cell in line {rows.line_num} has more than {MAX_CELL_CHARACTERS:,} characters:"
                " shorten it, and check whether a quote is missing."
            ) from None
        raise SheetError(
            f"Line {rows.line_num} is not valid CSV ({error}): put texts with quotes, commas or "
            "line breaks in them into quotes, and double the quotes within."
        ) from None


def _rest_of_record(first: str, lines: "_Lines") -> Iterator[str]:
    """Yield the further lines of a row with a line break in quotes."""
    quotes = first.count('"')
    for _ in range(_MAX_HEADER_LINES):
        if quotes % 2 == 0 or not (line := next(lines, "")):
            return
        quotes += line.count('"')
        yield line


def _delimiter_of(head: str) -> str:
    bare = _IN_QUOTES.sub("", head)
    found = max(_DELIMITERS, key=bare.count)
    return found if found in bare else ","


def _text(cell: str) -> str:
    """Unwrap `="00123"`, which marks 00123 as text for spreadsheet programs."""
    found = _TEXT_FORMULA.fullmatch(cell)
    return found[1].replace('""', '"') if found else cell


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
