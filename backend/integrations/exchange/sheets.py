"""Reads spreadsheets: CSV in this process, XLSX in a separate one."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from backend.integrations.exchange.sheets_csv import csv_rows
from backend.integrations.exchange.sheets_xlsx import xlsx_rows
from backend.services.exchange.protocols import CSV, XLSX, SheetRow

_READERS = {CSV: csv_rows, XLSX: xlsx_rows}


@contextmanager
def read_sheet(
    path: Path, media_type: str, max_columns: int
) -> Iterator[Iterator[Sequence[SheetRow]]]:
    """A `SheetReader`."""
    with _READERS[media_type](path, max_columns) as batches:
        yield batches
