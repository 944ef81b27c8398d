"""Protocols of spreadsheets. Everything here blocks: call it in a thread."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple, Protocol

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class CellFault:
    """A cell without a usable value, such as a formula error.

    Attributes:
        message: for the person who sent the file.
    """

    message: str


Cell = str | int | float | Decimal | bool | datetime | CellFault | None


class SheetRow(NamedTuple):
    """
    Attributes:
        number: as in a spreadsheet, from 1.
        cells: from the first column on.
    """

    number: int
    cells: Sequence[Cell]


MAX_ROWS = 1_000_000
MAX_CELL_CHARACTERS = 32_767
"""The limits of spreadsheet programs."""


class SheetError(Exception):
    """The file can't be read as a table. The text is for the person who sent it."""


class SheetReader(Protocol):
    def __call__(
        self, path: Path, media_type: str, max_columns: int
    ) -> AbstractContextManager[Iterator[Sequence[SheetRow]]]:
        """Yield the non-blank rows of the first visible sheet in batches.

        A batch is empty if nothing could be read for a while, so that the caller can stop. Cells of
        CSV are texts. Times have no time zone. Few rows are in memory at a time.

        Raises:
            SheetError: also while the rows are read.
        """
        ...


class SheetWriter(Protocol):
    def add(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Write rows. Texts are written as they are, and times in UTC."""
        ...

    def finish(self) -> None:
        """Complete the file."""
        ...


class OpenSheetWriter(Protocol):
    def __call__(self, path: Path, title: str) -> AbstractContextManager[SheetWriter]:
        """Create an XLSX file with one sheet. Keeps few rows in memory.

        Without `finish`, at most an incomplete file is left at `path`.
        """
        ...
