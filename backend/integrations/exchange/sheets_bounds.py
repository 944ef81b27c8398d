"""Limits of all tables, whatever their format."""

from collections.abc import Iterable, Iterator, Sequence

from backend.services.exchange.protocols import (
    MAX_CELL_CHARACTERS,
    MAX_ROWS,
    Cell,
    SheetError,
    SheetRow,
)

TOO_MANY_ROWS = f"There are more than {MAX_ROWS:,} rows: split the file."
_MAX_ROW_CHARACTERS = 2_000_000
_BATCH_ROWS = 500
_BATCH_CHARACTERS = 1_000_000


def batches_of(rows: Iterable[SheetRow], max_columns: int) -> Iterator[Sequence[SheetRow]]:
    """Yield the non-blank rows in batches. Raises SheetError if a limit is exceeded."""
    batch: list[SheetRow] = []
    filled = characters = 0
    for number, cells in rows:
        length = _check(number, cells, max_columns)
        if length == 0:
            continue
        filled += 1
        if filled > MAX_ROWS + 1:
            raise SheetError(TOO_MANY_ROWS)
        batch.append(SheetRow(number, cells[:max_columns]))
        characters += length
        if len(batch) == _BATCH_ROWS or characters > _BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    yield batch


def _check(number: int, cells: Sequence[Cell], max_columns: int) -> int:
    """Estimate the characters of a row. 0: it is blank."""
    length = 0
    for column, cell in enumerate(cells, start=1):
        if cell is None or cell == "":
            continue
        if column > max_columns:
            raise SheetError(f"Row {number:,} has more than {max_columns} columns: remove some.")
        size = len(cell) if isinstance(cell, str) else 1
        if size > MAX_CELL_CHARACTERS:
            raise SheetError(
                f"The cell in row {number:,}, column {column} has more than "
                f"{MAX_CELL_CHARACTERS:,} characters: shorten it."
            )
        length += size
    if length > _MAX_ROW_CHARACTERS:
        raise SheetError(
            f"Row {number:,} has more than {_MAX_ROW_CHARACTERS:,} characters: shorten it."
        )
    return length
