"""Spreadsheets, as services see them. Everything here blocks: call it in a thread."""

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
    """A cell without a value that can be used, such as an error of a formula.

    Attributes:
        message: for the person who has sent the file.
    """

    message: str


Cell = str | int | float | Decimal | bool | datetime | CellFault | None


class SheetRow(NamedTuple):
    """
    Attributes:
        number: as a spreadsheet counts, from 1.
        cells: from the first column on.
    """

    number: int
    cells: Sequence[Cell]


MAX_ROWS = 1_000_000
MAX_CELL_CHARACTERS = 32_767
"""What programs for spreadsheets can hold."""


class SheetError(Exception):
    """The file can't be read as a table. The text is for the person who has sent it."""


class SheetReader(Protocol):
    def __call__(
        self, path: Path, media_type: str, max_columns: int
    ) -> AbstractContextManager[Iterator[Sequence[SheetRow]]]:
        """The rows of the first visible sheet that are not blank, in batches.

        A batch is empty where nothing could be read for a while, so that whoever reads can stop.
        Cells of CSV are texts. Moments have no time zone. Few rows are in memory at a time.

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
