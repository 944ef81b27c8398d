"""Spreadsheets, as services see them. Everything here blocks: call it in a thread."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Protocol

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Cell = str | int | float | Decimal | bool | datetime | date | time | timedelta | None

MOST_ROWS = 1_000_000
MOST_CELL_CHARACTERS = 32_767
"""What programs for spreadsheets can hold."""


class SheetError(Exception):
    """The file can't be read as a table. The text is for the person who has sent it."""


class SheetReader(Protocol):
    def __call__(
        self, path: Path, media_type: str, most_columns: int
    ) -> AbstractContextManager[Iterator[Sequence[Cell]]]:
        """The rows of the first sheet, blank ones as well, with the headers first.

        Cells of CSV are texts. Moments have no time zone. Holds few rows at a time.

        Raises:
            SheetError: also while the rows are read.
        """
        ...


class SheetWriter(Protocol):
    def add(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Write rows. Texts are shown as they are, and moments in UTC."""
        ...

    def finish(self) -> None:
        """Write the file to its end."""
        ...


class OpenSheetWriter(Protocol):
    def __call__(self, path: Path, title: str) -> AbstractContextManager[SheetWriter]:
        """An XLSX file with one sheet. Holds few rows at a time.

        Without `finish` nothing is left but, perhaps, a broken file at `path`.
        """
        ...
